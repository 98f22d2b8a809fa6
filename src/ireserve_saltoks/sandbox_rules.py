"""What Salto's sandbox refuses, and in which words; part of `sandbox`, and as strict."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from ireserve_integrations.testing.sandbox import (
    RefusedError,
    Request,
    Shape,
    complaints,
    matching,
)

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OTP = matching("[0-9a-f]{5}", "must be five lower-case hexadecimal digits")
LOCKING: Shape = {"locked_state": matching("unlocked", "must be unlocked"), "otp?": _OTP}
PIN_CHANGE: Shape = {"otp?": _OTP, "delta": matching("[0-9]{4}", "must be four digits")}
_USUAL_CODES = {400: "1101", 401: "1500", 403: "2203", 404: "2202"}


class SaltoRefusedError(RefusedError):
    """A call is refused under an ErrorCode; None: the answer has none."""

    def __init__(self, status: int, code: str | None, message: str | list[str]) -> None:
        super().__init__(status, message)
        self.code = code


def usual(status: int, message: str | list[str]) -> SaltoRefusedError:
    """Return the refusal under the ErrorCode that is usual for its status, if there is one."""
    return SaltoRefusedError(status, _USUAL_CODES.get(status), message)


def execution_failed(status: int, word: str, code: str | None = "3102") -> SaltoRefusedError:
    """Return the refusal of what an IQ was asked to do."""
    return SaltoRefusedError(status, code, f"Request execution failed with code: {word}")


def error_body(refusal: SaltoRefusedError, *, numeric: bool) -> dict[str, object]:
    """Return what a refused call answers; `numeric` makes its ErrorCode a number."""
    says = refusal.message
    message = says if isinstance(says, str) else "; ".join(says)
    if refusal.code is None:
        return {"Message": message}
    return {"ErrorCode": int(refusal.code) if numeric else refusal.code, "Message": message}


def refuse_other_than_id(value: str) -> None:
    """Refuse a Site UID, and whatever else is no UUID, where a path has an id.

    Raises:
        SaltoRefusedError: 400, 1100.
    """
    if not _UUID.fullmatch(value):
        raise SaltoRefusedError(400, "1100", f"The value '{value}' is not valid")


def read_body(request: Request, shape: Shape) -> Mapping[str, Any]:
    """Return the JSON object that was sent.

    Raises:
        SaltoRefusedError: It is none, or not as documented (400, 1101).
    """
    body = request.json
    if not isinstance(body, dict):
        says = "the body must be a JSON object, with Content-Type: application/json"
        raise usual(HTTPStatus.BAD_REQUEST, says)
    if found := complaints(body, shape):
        raise usual(HTTPStatus.BAD_REQUEST, found)
    return body


def required_otp(body: Mapping[str, Any]) -> str:
    """Return the code that was sent; SaltoRefusedError (404, 2202) if there is none."""
    if "otp" not in body:
        raise SaltoRefusedError(404, "2202", "Otp is invalid")
    return str(body["otp"])
