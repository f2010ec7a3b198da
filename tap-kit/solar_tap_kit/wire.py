"""Requests on the wire: connections, proxies, certificates, and a typed failure in one line.

urllib3 by itself: of what `requests` does for every call only the reading of the environment
is wanted, and that once. It took more time than the network and the parsing together.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from urllib3 import exceptions as failures

from solar_tap_kit.errors import SettingsError, TransientError
from solar_tap_kit.http import Body, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from solar_tap_kit.http import Request
    from solar_tap_kit.redact import Redactor

MOST_CONNECTIONS = 16
"""No fewer than `max_concurrent_requests` may be, or connections would be thrown away."""

NOT_AN_ADDRESS = (failures.LocationValueError, failures.URLSchemeUnknown)


class Wire:
    """Sends single requests to one host; may be used from several threads.

    Redirects are answers like others, and no cookie is kept. A `.netrc` is not read: an entry
    for the host would replace the Authorization header.

    Args:
        base_url: Scheme, host and path in front of every request path.
        timeout_s: Seconds to wait for connection and for each answer.
        redactor: Masks secrets in error texts.
    """

    def __init__(self, base_url: str, timeout_s: float, redactor: Redactor) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._redactor = redactor

    def exchange(self, request: Request, headers: Mapping[str, str]) -> Reply:
        """Send a request once and return whatever comes back.

        Raises:
            SettingsError: The address, the proxy or a header can't be used.
            TransientError: No answer came, or a broken one.
        """
        failure: Exception
        try:
            answer = self._send(request, {**headers, "Accept-Encoding": "gzip, deflate"})
            return Reply(answer.status, answer.headers, Body(answer.data))
        except NOT_AN_ADDRESS:
            failure = self._no_address()
        except (failures.HTTPError, OSError) as error:
            failure = TransientError(self._describe(error))
        except ValueError:
            # The library's own words would hold the header, and with it the credential.
            failure = SettingsError(
                "a credential or user_agent holds characters that no HTTP header can carry"
            )
        # Raised outside the except blocks: chained, the original would carry the whole URL.
        raise failure

    def _send(self, request: Request, headers: dict[str, str]) -> urllib3.BaseHTTPResponse:
        connections, base = self._way
        url = base + request.path
        more: dict[str, Any] = {}
        if request.params:
            known = {name: value for name, value in request.params.items() if value is not None}
            url += f"?{urlencode(known, doseq=True)}"
        if request.form:
            more.update(fields=request.body, encode_multipart=False)
        elif request.body is not None:
            more["json"] = request.body
        return connections.request(
            request.method,
            url,
            headers=headers,
            timeout=self._timeout_s,
            retries=False,
            redirect=False,
            **more,
        )

    @functools.cached_property
    def _way(self) -> tuple[urllib3.PoolManager | urllib3.HTTPConnectionPool, str]:
        """The connections, and what stands before a path: the host only where a proxy needs it."""
        manager = self._connections()
        if manager.proxy is not None:
            return manager, self._base_url
        return manager.connection_from_url(self._base_url), urlsplit(self._base_url).path

    def _connections(self) -> urllib3.PoolManager:
        """Return connections by the way that the environment names: proxies, certificates."""
        url = self._base_url
        if not _is_address(url):
            raise self._no_address()
        way = requests.Session().merge_environment_settings(
            url, {}, stream=None, verify=None, cert=None
        )
        options = {"maxsize": MOST_CONNECTIONS, "cert_reqs": "CERT_REQUIRED", **_trust(way)}
        proxy = requests.utils.select_proxy(url, way["proxies"])
        if not proxy:
            return urllib3.PoolManager(**options)
        if proxy.lower().startswith("socks"):
            return _through_socks(proxy, options)
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        user, password = requests.utils.get_auth_from_url(proxy)
        known = urllib3.make_headers(proxy_basic_auth=f"{user}:{password}" if user else None)
        return urllib3.ProxyManager(proxy, proxy_headers=known, **options)

    def _no_address(self) -> SettingsError:
        return SettingsError(
            f"api_url: {self._redactor.text(self._base_url)!r} is not a usable address "
            "(expected https://host)"
        )

    def _describe(self, error: Exception) -> str:
        host = self._redactor.text(self._base_url)
        if isinstance(error, failures.ProxyError):
            return f"the proxy on the way to {host} does not answer; check HTTPS_PROXY and NO_PROXY"
        if isinstance(error, failures.SSLError):
            return f"no trusted TLS connection to {host}"
        # To urllib3 a refused connection is a kind of timeout.
        if isinstance(error, failures.NewConnectionError | OSError):
            return f"{host} can't be reached; check the network, region and api_url"
        if isinstance(error, failures.TimeoutError):
            return f"no answer from {host} within {self._timeout_s:g} s (request_timeout)"
        return f"the connection to {host} broke ({type(error).__name__})"


def _is_address(url: str) -> bool:
    try:
        address = urlsplit(url)
    except ValueError:
        return False
    return address.scheme in ("http", "https") and bool(address.hostname)


def _trust(way: Mapping[str, Any]) -> dict[str, Any]:
    """Return whose certificates are believed: the environment's bundle, else certifi's."""
    given = way["verify"]
    path = Path(given) if isinstance(given, str) else Path(requests.utils.DEFAULT_CA_BUNDLE_PATH)
    if not path.exists():
        message = f"REQUESTS_CA_BUNDLE: there is no file or folder {path}"
        raise SettingsError(message)
    return {"ca_cert_dir" if path.is_dir() else "ca_certs": str(path)}


def _through_socks(proxy: str, options: dict[str, Any]) -> urllib3.PoolManager:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - seldom there
    except ImportError:
        pass
    else:
        user, password = requests.utils.get_auth_from_url(proxy)
        return SOCKSProxyManager(proxy, username=user or None, password=password or None, **options)
    host = urlsplit(proxy).hostname
    message = (
        f"the environment names a SOCKS proxy ({host}): install PySocks beside the tap, or "
        "name an HTTP proxy in HTTPS_PROXY"
    )
    raise SettingsError(message)
