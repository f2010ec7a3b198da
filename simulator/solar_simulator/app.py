"""One WSGI application for both clouds and the admin paths."""

from flask import Flask, Response, request

from solar_simulator import admin
from solar_simulator.sigen.routes import SigenCloud
from solar_simulator.solaredge.v1.routes import SolarEdgeV1
from solar_simulator.solaredge.v2.routes import SolarEdgeV2
from solar_simulator.strike import struck
from solar_simulator.web import json_response, note
from solar_simulator.world import World

_GOOD = 400


def create_app(world: World) -> Flask:
    """Both clouds of a world.

    ``/sigen/openapi/...``, ``/solaredge/v2/...``, v1 beside it, ``/_sim/...``.
    """
    app = Flask("solar_simulator", static_folder=None)
    app.register_blueprint(SigenCloud(world).blueprint(), url_prefix="/sigen")
    solaredge = SolarEdgeV2(world)
    app.register_blueprint(solaredge.blueprint(), url_prefix="/solaredge/v2")
    app.register_blueprint(SolarEdgeV1(world).blueprint(), url_prefix="/solaredge")
    app.add_url_rule("/solaredge/authorize", "solaredge_v2.authorize", solaredge.oauth.authorize)
    app.register_blueprint(admin.blueprint(world), url_prefix="/_sim")

    @app.before_request
    def fault() -> Response | None:
        return None if request.path.startswith("/_sim") else struck(world)

    @app.after_request
    def enter(response: Response) -> Response:
        response.date = world.clock.now()
        if not request.path.startswith("/_sim"):
            fallback = "ok" if response.status_code < _GOOD else f"http {response.status_code}"
            world.calls.add(
                at_utc=world.clock.now(),
                endpoint=note().endpoint,
                site=note().site,
                query=request.args,
                status=response.status_code,
                outcome=note().outcome or fallback,
            )
        return response

    @app.errorhandler(404)
    def nothing_here(_error: Exception) -> Response:
        return json_response({"error": f"nothing at {request.path}"}, 404)

    return app
