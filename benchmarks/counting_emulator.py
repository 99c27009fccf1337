"""moto's server, counting the API requests it gets: ``GET /__requests`` answers the number since the last question.

python benchmarks/counting_emulator.py PORT
"""

import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import ActionResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.ssm.responses import SimpleSystemManagerResponse
from werkzeug.serving import WSGIRequestHandler, run_simple


def described_parameters(self: SimpleSystemManagerResponse) -> ActionResult:
    """DescribeParameters with the pages that are asked for, up to 50 parameters; moto's hold ten, whatever is asked.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
    """
    found = self.ssm_backend.describe_parameters(self._get_param("Filters"), self._get_param("ParameterFilters"))
    begin = int(self._get_param("NextToken") or 0)
    end = begin + int(self._get_param("MaxResults") or 10)
    page: dict[str, Any] = {"Parameters": [one.describe_response_object(decrypt=False) for one in found[begin:end]]}
    return ActionResult(page if end >= len(found) else {**page, "NextToken": str(end)})


class Counted:
    """A WSGI application that counts what passes through it."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._requests = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request of an API, or the question for their number."""
        if environ["PATH_INFO"] == "/__requests":
            with self._lock:
                count, self._requests = self._requests, 0
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(count).encode()]
        with self._lock:
            self._requests += 1
        return self._application(environ, start_response)


class Silent(WSGIRequestHandler):
    """No line per request: printing would be part of what is measured."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: Any) -> None:
        """Nothing."""


def main(port: str) -> None:
    """Serve until ended."""
    SimpleSystemManagerResponse.describe_parameters = described_parameters  # type: ignore[method-assign]
    application = Counted(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(port), application, threaded=True, request_handler=Silent)


if __name__ == "__main__":
    main(*sys.argv[1:])
