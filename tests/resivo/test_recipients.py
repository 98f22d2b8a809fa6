"""Whom Resivo tells, and in which language."""

import pytest

from ireserve_integrations.errors import RejectedError
from ireserve_integrations.model import Customer
from ireserve_resivo.recipients import to_recipient
from ireserve_resivo.wire import Recipient

LANDLINE = "The phone number is a landline, so no SMS can be sent."
NO_EMAIL = "The e-mail address cannot be read as one, so no e-mail can be sent."


def test_all_that_is_known_of_a_customer_is_sent() -> None:
    customer = Customer(
        first_name=" Ada ",
        last_name="de  Vos",
        email=" a@example.org ",
        phone="0031 6 12345678",
        language="nl-NL",
    )

    assert to_recipient(customer, "en") == (
        Recipient(
            email="a@example.org",
            phone_number="+31612345678",
            first_name="Ada",
            last_name="de Vos",
            language="nl",
        ),
        (),
    )


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("nl-NL", "nl"),
        (" DE ", "de"),
        ("fr_BE", "fr"),
        ("", "en"),
        ("n", "en"),
        ("n1", "en"),
        ("é", "en"),
    ],
)
def test_the_language_is_the_first_two_letters_else_the_default(typed: str, language: str) -> None:
    recipient, _ = to_recipient(Customer(email="a@example.org", language=typed), "en")

    assert recipient.language == language


@pytest.mark.parametrize(
    ("customer", "warnings"),
    [
        (Customer(email="a@example.org", phone="+31 20 1234567"), (LANDLINE,)),
        (Customer(email="a@example.org"), ()),
        (Customer(email="no address", phone="+31612345678"), (NO_EMAIL,)),
        (Customer(email="a@b@c", phone="+31612345678"), (NO_EMAIL,)),
        (Customer(email="@example.org", phone="+31612345678"), (NO_EMAIL,)),
        (Customer(email="a\x00@example.org", phone="+31612345678"), (NO_EMAIL,)),
        (Customer(phone="+31612345678"), ()),
    ],
)
def test_what_cannot_be_used_is_dropped_with_a_warning(
    customer: Customer, warnings: tuple[str, ...]
) -> None:
    recipient, said = to_recipient(customer, "en")

    assert said == warnings
    assert recipient.email or recipient.phone_number


@pytest.mark.parametrize(
    ("customer", "says"),
    [
        (Customer(), "neither an e-mail address nor a number"),
        (Customer(phone="+31 20 1234567"), LANDLINE),
        (Customer(email="nobody", phone="06 12345678"), NO_EMAIL),
    ],
)
def test_a_booking_that_nobody_could_be_told_of_is_refused(customer: Customer, says: str) -> None:
    with pytest.raises(RejectedError, match="nobody could be told") as caught:
        to_recipient(customer, "en")
    assert says in str(caught.value)
    assert "12345" not in str(caught.value)


def test_a_very_long_name_does_not_cost_the_access() -> None:
    recipient, _ = to_recipient(Customer(email="a@example.org", last_name="x" * 99 + " y"), "en")

    assert recipient.last_name == "x" * 99


def test_a_recipient_shows_nothing_of_the_person() -> None:
    recipient, _ = to_recipient(Customer(email="a@example.org", last_name="Vos"), "en")

    assert repr(recipient) == "Recipient()"
