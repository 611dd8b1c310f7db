"""Errors that a person sees: what failed, why, and what to do about it.

Every error that crosses a door (HTTP, WebSocket, terminal) is a `NautScanError`. Its `code` is
stable and meant for programs; `message` and `remedy` are meant for people.
"""

from __future__ import annotations

from typing import Any, ClassVar


class NautScanError(Exception):
    """What failed (`message`), what to do (`remedy`), and facts for programs (`detail`)."""

    default_code: ClassVar[str] = "internal"
    default_status: ClassVar[int] = 500

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        detail: dict[str, Any] | None = None,
        code: str | None = None,
        status: int | None = None,
    ) -> None:
        """`code` and `status` replace the class's own, for errors relayed from another process."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.detail: dict[str, Any] = detail or {}
        self.code: str = code or self.default_code
        self.status: int = status or STATUS_OF_CODE.get(self.code, self.default_status)

    def as_dict(self) -> dict[str, Any]:
        """The value of `error` in the one JSON error shape."""
        return {
            "code": self.code,
            "message": self.message,
            "remedy": self.remedy,
            "detail": self.detail,
        }

    @staticmethod
    def from_dict(error: dict[str, Any]) -> NautScanError:
        """The error that `as_dict` described, as an instance of the class of its code."""
        code = str(error.get("code") or "internal")
        kind = CLASS_OF_CODE.get(code, NautScanError)
        detail = error.get("detail")
        return kind(
            str(error.get("message") or "failed without a message"),
            remedy=str(error.get("remedy") or ""),
            detail=detail if isinstance(detail, dict) else None,
            code=code,
        )


class BadRequest(NautScanError):
    """The caller's request makes no sense: a parameter is missing or out of range."""

    default_code = "bad_request"
    default_status = 400


class Unauthorized(NautScanError):
    """No token, or a wrong one."""

    default_code = "unauthorized"
    default_status = 401


class Forbidden(NautScanError):
    """The request comes from a place that may not ask (host, origin)."""

    default_code = "forbidden"
    default_status = 403


class NoPermission(NautScanError):
    """The sensor lacks the rights to capture."""

    default_code = "no_permission"
    default_status = 403


class NotFound(NautScanError):
    """Nothing is under that path or id."""

    default_code = "not_found"
    default_status = 404


class UnknownInterface(NautScanError):
    """No network interface has that name."""

    default_code = "unknown_interface"
    default_status = 404


class UnknownContainer(NautScanError):
    """No container has that name, or it cannot be found here."""

    default_code = "unknown_container"
    default_status = 404


class CannotEnter(NautScanError):
    """The network namespace of a container cannot be entered."""

    default_code = "cannot_enter"
    default_status = 403


class MethodNotAllowed(NautScanError):
    """The path exists, the method does not."""

    default_code = "method_not_allowed"
    default_status = 405


class Conflict(NautScanError):
    """The request does not fit the present state."""

    default_code = "conflict"
    default_status = 409


class TooLarge(NautScanError):
    """The body is over the cap."""

    default_code = "too_large"
    default_status = 413


class BadFilter(NautScanError):
    """A BPF capture filter that does not compile."""

    default_code = "bad_filter"
    default_status = 422


class BadQuery(NautScanError):
    """A display filter that is not one; `detail.position` is a 0-based character offset."""

    default_code = "bad_query"
    default_status = 422

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        position: int | None = None,
        detail: dict[str, Any] | None = None,
        code: str | None = None,
    ) -> None:
        """`position` is where in the text the trouble starts."""
        facts = dict(detail or {})
        if position is not None:
            facts["position"] = position
        super().__init__(message, remedy=remedy, detail=facts, code=code)


class Internal(NautScanError):
    """A fault of ours; `detail.id` finds it in the log."""


class NoCaptureLibrary(NautScanError):
    """libpcap (Npcap on Windows) is missing."""

    default_code = "no_capture_library"
    default_status = 503


class SensorUnavailable(NautScanError):
    """The sensor process is not connected or did not answer."""

    default_code = "sensor_unavailable"
    default_status = 503


class StoreUnavailable(NautScanError):
    """The database cannot be opened or written."""

    default_code = "store_unavailable"
    default_status = 503


class QueryTimeout(NautScanError):
    """A query took longer than allowed and was stopped."""

    default_code = "query_timeout"
    default_status = 504


class BadFile(NautScanError):
    """A file that is not what it should be."""

    default_code = "bad_file"
    default_status = 422


_CLASSES: tuple[type[NautScanError], ...] = (
    BadRequest,
    Unauthorized,
    Forbidden,
    NoPermission,
    NotFound,
    UnknownInterface,
    UnknownContainer,
    CannotEnter,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    BadFilter,
    BadQuery,
    NoCaptureLibrary,
    SensorUnavailable,
    StoreUnavailable,
    QueryTimeout,
    BadFile,
)

CLASS_OF_CODE: dict[str, type[NautScanError]] = {kind.default_code: kind for kind in _CLASSES}
"""The class for each code: the sensor's errors arrive as JSON and leave as these."""

STATUS_OF_CODE: dict[str, int] = {kind.default_code: kind.default_status for kind in _CLASSES} | {
    "closed": 409,
    "bad_argument": 400,
    "capture_failed": 503,
    "internal": 500,
}
"""The HTTP status of each code."""
