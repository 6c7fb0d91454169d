"""Whatever staff change can be sent again under its `Idempotency-Key` without being done twice (`app/accounts/intentions.py`)."""

from __future__ import annotations

from tests.architecture.service_routes import the_service
from tests.architecture.test_access import ACCESS

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
# Everything else that changes something, with the reason why it takes no key.
WITHOUT_A_KEY = {
    "POST /api/v1/login": "nobody is signed in yet, so there is nobody whose key it could be; a second sign-in harms nobody",
    "POST /api/v1/invitation/look": "reads; a POST so that the link's secret stands in no address",
    "POST /api/v1/invitation/accept": "the invited person's: an invitation is taken up once",
    "PUT /api/v1/people/{user_id}/roles": "says what shall be",
    "POST /api/v1/people/{user_id}/close": "what is closed stays closed",
    "DELETE /api/v1/people/{user_id}/second-factor": "what is gone is gone",
    "DELETE /api/v1/invitations/{invitation_id}": "what was taken back stays so",
    "PUT /api/v1/account/password": "says what shall be; with the old password it is refused the second time",
    "DELETE /api/v1/account/sign-ins/{sign_in_id}": "what has ended has ended",
    "DELETE /api/v1/account/sign-ins": "likewise",
    "POST /api/v1/account/second-factor": "begun again is begun; nothing counts before a code was shown",
    "POST /api/v1/account/second-factor/confirm": "a code counts once",
    "POST /api/v1/account/second-factor/drop": "what is gone is gone",
    "DELETE /api/v1/account/tokens/{token_id}": "what has ended has ended",
    "POST /api/v1/logout": "signing out twice is signing out",
    "POST /api/v1/sessions/{session_id}/tickets": "viewers': a device with a ticket keeps its id",
    "POST /api/v1/sessions/{session_id}/presence": "viewers': says that a device is there, as often as it likes",
    "POST /api/v1/sessions/{session_id}/orders": "viewers': an order carries its own key",
    "POST /api/v1/sessions/{session_id}/exports": "the same export is one job, however often it is asked for",
    "POST /api/v1/sessions/{session_id}/verifications": "likewise",
    "PUT /api/v1/sessions/{session_id}/imported-figures": "says what shall be; the same again writes nothing",
    "POST /api/v1/sessions/{session_id}/imported-figures/preview": "changes nothing",
    "POST /api/v1/order-pages/{code}/cancellation": "the buyer's: what is cancelled stays cancelled",
    "PUT /api/v1/order-pages/{code}/receiver": "the buyer's: says what shall be",
    "POST /api/v1/order-pages/{code}/complaints": "the buyer's: a complaint carries its own key",
    "POST /api/v1/sessions/{session_id}/complaints": "viewers': a complaint carries its own key",
    "POST /api/v1/complaints/{complaint_id}/contact": "reads; a POST because each look is written down",
    "PUT /api/v1/order-pages/{code}/consents/{purpose}": "the buyer's: says what shall be",
    "POST /api/v1/order-pages/{code}/erasure": "the buyer's: what is forgotten stays forgotten",
    "POST /api/v1/my-data/erasure": "likewise",
    "POST /api/v1/sessions/{session_id}/orders/{order_id}/receiver": "reads; a POST because each look is written down",
    "POST /api/v1/sessions/{session_id}/order-search": "reads; a POST so that the phone number stands in no address",
    "POST /api/v1/desk/bulk/preview": "changes nothing",
    "POST /api/v1/desk/bulk/assignment/preview": "changes nothing",
    "PUT /api/v1/desk/bulk/assignment": "says what shall be",
    "POST /api/v1/desk/next": "whoever asks again has the same order in hand",
    "POST /api/v1/desk/search": "reads; a POST so that the phone number stands in no address",
    "PUT /api/v1/sessions/{session_id}/orders/{order_id}/hold": "what is in one's hand stays there",
    "DELETE /api/v1/sessions/{session_id}/orders/{order_id}/hold": "what was put back is free",
    "PUT /api/v1/sessions/{session_id}/orders/{order_id}/assignment": "says what shall be",
    "POST /api/v1/sessions/{session_id}/claims/{claim_id}/phone": "reads; a POST because each look is written down",
    "POST /api/v1/sessions/{session_id}/claims/mine/{claim_id}/order": "viewers': one claim is one order",
    "DELETE /api/v1/sessions/{session_id}/comment-sources/{source_id}": "what was taken back stays so",
    "POST /api/v1/comment-sources/{source_id}/comments": "a program's: each comment has the id that its platform gave it",
    "POST /api/v1/comment-sources/{source_id}/social-stream": "likewise",
    "POST /api/v1/parcels/preview": "changes nothing",
    "PUT /api/v1/programmes/{programme_id}": "says what shall be",
    "PUT /api/v1/union-units/{unit_id}": "says what shall be",
    "PUT /api/v1/people/{user_id}/union-unit": "says what shall be",
    "PUT /api/v1/sessions/{session_id}/union-unit": "says what shall be",
    "PUT /api/v1/programmes/{programme_id}/chosen-sessions": "says what shall be",
    "POST /api/v1/parcels/labels": "reads; a POST because each look is written down",
    "POST /api/v1/parcels/slips": "likewise",
    "POST /api/v1/parcels/pick-list": "reads; a POST because a thousand ids fit into no address",
    "POST /api/v1/parcels/packing-list": "likewise",
    "POST /api/v1/parcels/picks": "likewise",
    "PUT /api/v1/parcels/rules": "says what shall be",
    "PUT /api/v1/settlement-rules": "says what shall be",
    "DELETE /api/v1/settlements/{producer_id}/charges/{charge_id}": "what was taken back stays so",
    "PUT /api/v1/parcels/{parcel_id}/sizes": "says what shall be",
    "DELETE /api/v1/parcels/{parcel_id}": "what is dissolved stays so",
    "POST /api/v1/order-lookup": "reads; a POST so that the phone number stands in no address",
    "PUT /api/v1/seller-contact": "says what shall be",
    "PUT /api/v1/carrier-mappings/{mapping_id}": "names the version that was seen, and the same again changes nothing",
    "DELETE /api/v1/carrier-mappings/{mapping_id}": "what is gone is gone",
    "POST /api/v1/carrier-files/preview": "changes nothing",
    "POST /api/v1/carrier-files": "reads; a POST because each look is written down",
    "POST /api/v1/carrier-reports/preview": "changes nothing",
    "POST /api/v1/carrier-reports": "each row is noted once, by parcel, state and time",
    "POST /api/v1/parcel-handovers/preview": "changes nothing",
    "PUT /api/v1/carrier-accounts/{carrier}": "says what shall be; the newest secret counts, and is shown once",
    "DELETE /api/v1/carrier-accounts/{carrier}": "what is gone is gone",
    "POST /api/v1/carrier-accounts/{carrier}/prices": "asks the carrier, changes nothing",
    "POST /api/v1/carrier-accounts/{carrier}/orders": "a parcel is given to a carrier once, by its code",
    "POST /api/v1/carrier-accounts/{carrier}/cancellations": "what is called off stays so",
    "POST /api/v1/carrier-accounts/{carrier}/checks": "what the carrier says is noted once",
    "POST /api/v1/carrier-notices/{account_id}": "a carrier's: what it says is noted once, by parcel, state and time",
    "PUT /api/v1/bank-feeds/{provider}": "the newest secret counts, and is shown once; the address stays",
    "DELETE /api/v1/bank-feeds/{provider}": "what is gone is gone",
    "POST /api/v1/bank-notices/{feed_id}": "a provider's: each transfer has the provider's own id",
    "POST /api/v1/statements/preview": "changes nothing",
    "POST /api/v1/statements": "each row is booked once, by the bank's reference",
    "POST /api/v1/collections/preview": "changes nothing",
    "POST /api/v1/collections": "each row is booked once, by file and line",
    "PUT /api/v1/bank-accounts": "says what shall be",
    "DELETE /api/v1/bank-accounts/{account_id}": "what is gone is gone",
    "POST /api/v1/producers/{producer_id}/logins/{user_id}/close": "what is closed stays closed",
    "POST /api/v1/producers/{producer_id}/booth": "opened twice is open",
    "POST /api/v1/producers/{producer_id}/booth/close": "what is closed stays closed",
    "POST /api/v1/sessions/{session_id}/quote": "reads; a POST because a basket is long",
    "POST /api/v1/goods/imports/preview": "changes nothing",
    "DELETE /api/v1/pictures/{picture_id}": "what is gone is gone",
    "POST /api/v1/sessions/{session_id}/accounting-list": "reads; a POST because each look is written down",
    "PUT /api/v1/sessions/{session_id}/publication": "says what shall be",
    "DELETE /api/v1/jobs/{job_id}": "cancelled twice is cancelled",
    "DELETE /api/v1/programmes/{programme_id}/table-exports/{job_id}": "cancelled twice is cancelled",
}


def test_every_route_with_which_staff_change_something_takes_a_key() -> None:
    paths = the_service().openapi()["paths"]
    takes_key = {
        f"{method.upper()} {path}": any(each["name"].lower() == "idempotency-key" for each in operation.get("parameters", ()))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method.upper() in CHANGING
    }

    assert {name for name, takes in takes_key.items() if not takes} == set(WITHOUT_A_KEY)
    assert {name for name in ACCESS if name.startswith(CHANGING)} == set(takes_key)
