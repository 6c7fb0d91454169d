"""The types of the order desk and of the buyer's pages name exactly the fields that the API sends."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from app.carriers import mapping as carrier_mapping
from app.carriers import schemas as carriers
from app.fulfilment import buyer_schemas, complaint_schemas, consents, money_schemas, schemas
from app.web.modules import SCRIPTS_DIR

TYPES = "".join(
    (SCRIPTS_DIR / name).read_text(encoding="utf-8")
    for name in ("desk_types.d.ts", "buyer_types.d.ts", "payments_types.d.ts", "complaint_types.d.ts", "carriers_types.d.ts")
)
MODELS: dict[str, type[BaseModel]] = {
    "DeskOrder": schemas.DeskOrder,
    "OrderEntry": schemas.OrderEntry,
    "EntryItem": schemas.EntryItem,
    "Receiver": schemas.Receiver,
    "OrderedItem": schemas.OrderedItem,
    "Complaint": schemas.ComplaintView,
    "OrderWithContact": schemas.OrderWithContact,
    "BuyersReceiver": buyer_schemas.BuyersReceiver,
    "Seller": buyer_schemas.Seller,
    "Bank": money_schemas.BankView,
    "BankAccount": money_schemas.BankAccountView,
    "BankAccountList": money_schemas.BankAccountList,
    "BankFeed": money_schemas.BankFeedView,
    "OpenedFeed": money_schemas.OpenedFeed,
    "MoneyWorkItem": money_schemas.MoneyWorkItem,
    "MoneyWorkList": money_schemas.MoneyWorkList,
    "FileColumns": money_schemas.FileColumns,
    "FileRow": money_schemas.FileRow,
    "FilePreview": money_schemas.FilePreview,
    "FileOutcome": money_schemas.FileOutcome,
    "CollectedSums": money_schemas.CollectedSums,
    "TransferAsked": money_schemas.TransferAsked,
    "OrderPage": buyer_schemas.OrderPage,
    "ReceiverChange": buyer_schemas.ReceiverChange,
    "Consent": consents.ConsentView,
    "PersonalData": buyer_schemas.PersonalData,
    "Erasure": buyer_schemas.Erasure,
    "MyOrder": buyer_schemas.MyOrder,
    "BookedPayment": schemas.BookedPaymentView,
    "WorkListItem": schemas.WorkListItem,
    "ComplaintItem": complaint_schemas.ComplaintItem,
    "ComplaintList": complaint_schemas.ComplaintList,
    "Column": carrier_mapping.Column,
    "Mapping": carriers.MappingView,
    "UnfitParcel": carriers.UnfitParcel,
    "CarrierFilePreview": carriers.FilePreview,
    "MadeFile": carriers.MadeFile,
    "SendableParcel": carriers.SendableParcel,
    "ReportRow": carriers.ReportRow,
    "ReportPreview": carriers.ReportPreview,
    "ReportOutcome": carriers.ReportOutcome,
    "CarrierWorkItem": carriers.CarrierWorkItem,
    "CarrierWorkList": carriers.CarrierWorkList,
    "Pickup": carriers.Pickup,
    "CarrierAccount": carriers.AccountView,
    "ConnectedAccount": carriers.ConnectedAccount,
    "CarrierAnswer": carriers.CarrierAnswer,
}


def fields_of(name: str) -> set[str]:
    found = re.search(rf"export interface {name}(?: extends (\w+))? \{{\n(.*?)\n\}}", TYPES, re.DOTALL)
    assert found is not None
    inherited = fields_of(found.group(1)) if found.group(1) else set()
    return inherited | set(re.findall(r"^  (\w+):", found.group(2), re.MULTILINE))


@pytest.mark.parametrize("name", MODELS)
def test_fields_are_those_of_the_model(name: str) -> None:
    assert fields_of(name) == set(MODELS[name].model_fields)
