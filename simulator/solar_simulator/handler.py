"""HTTP/1.1 with connections that stay open, as both clouds have them."""

from io import BytesIO

from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import run_wsgi_app

CUT = "solar_simulator.cut"
"""Key in the WSGI environment of a list: what is put in it cuts the connection.

``before`` the answer, or in its ``middle``.
"""


class KeepAliveHandler(WSGIRequestHandler):
    """Answers many requests over one connection.

    Werkzeug's own handler closes after every answer, as it cannot know whether the
    application read the whole request; this one reads the request first. Answers are
    complete before the first byte leaves, so their length is always known.
    """

    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece, at once.
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def run_wsgi(self) -> None:
        """Answer one request."""
        self.environ = environ = self.make_environ()
        if "wsgi.input_terminated" in environ:
            # A chunked body has no known end here; the next request gets a new connection.
            self.close_connection = True
        else:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            environ["wsgi.input"] = BytesIO(self.rfile.read(length))
        cuts: list[str] = []
        environ[CUT] = cuts
        parts, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        body = b"".join(parts)
        if cuts:
            self.close_connection = True
            body = body[: len(body) // 2]
            if "before" in cuts:
                return
        code, _, phrase = status.partition(" ")
        # Without the machine's date: the application gives the virtual one.
        self.send_response_only(int(code), phrase)
        self.send_header("Server", self.version_string())
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the call log says it better."""
