"""HTTP bodies of people, invitations and one's own account."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from app.accounts.api_tokens import DAYS_MOST
from app.accounts.people import GRANTS_PER_PERSON, WARD_CODE_MOST
from app.accounts.permissions import Action, Role
from app.accounts.schemas import is_text
from app.protocol.text import Line

Note = Annotated[str, *Line(80, needs="nothing").rules]
TokenName = Annotated[str, *Line(80).rules]
Password = Annotated[SecretStr, AfterValidator(is_text)]
Login = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*$")]
LinkToken = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]*$")]
Code = Annotated[str, Field(min_length=6, max_length=12, pattern=r"^[0-9 ]*$", examples=["123 456"])]

_SESSION_ID = "8a6f1d9e-3f0c-4f0a-9f0e-0e7c1c5d2b11"


class GrantBody(BaseModel):
    """A role: in the whole organisation, in one commune (`ward_code`), or in one session."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, from_attributes=True, json_schema_extra={"examples": [{"role": "helper", "session_id": _SESSION_ID}]}
    )

    role: Role
    ward_code: int | None = Field(None, ge=1, le=WARD_CODE_MOST)
    session_id: UUID | None = None

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if self.ward_code is not None and self.session_id is not None:
            raise ValueError("is for a commune or for a session, not for both")
        return self


class Roles(BaseModel):
    """All roles of somebody."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"grants": [{"role": "host"}, {"role": "desk"}]}]})

    grants: tuple[GrantBody, ...] = Field(min_length=1, max_length=GRANTS_PER_PERSON)


class PersonView(BaseModel):
    """Somebody as their organisation sees them; `signed_in_at` is null when nobody is signed in by this account."""

    model_config = ConfigDict(from_attributes=True)

    user_id: UUID
    login: str
    display_name: str
    is_active: bool
    has_second_factor: bool
    signed_in_at: datetime | None
    grants: tuple[GrantBody, ...]


class PersonList(BaseModel):
    items: list[PersonView]


class NewInvitation(BaseModel):
    """A role to offer; `note` says for whom the link is meant."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"grant": {"role": "helper"}, "note": "Chị Sen, xã Phúc Trạch"}]}
    )

    grant: GrantBody
    note: Note = ""


class InvitationView(BaseModel):
    """An invitation that waits to be taken up."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    grant: GrantBody
    note: str
    created_at: datetime
    expires_at: datetime


class MadeInvitation(InvitationView):
    """`path` is the link below this site's address; its secret stands behind `#` and cannot be read again."""

    path: str = Field(examples=["/invitation#ocopi_…"])


class InvitationList(BaseModel):
    items: list[InvitationView]


class InvitationToken(BaseModel):
    """What stands behind the `#` of an invitation's link."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"token": "ocopi_x"}]})

    token: LinkToken


class InvitedToView(BaseModel):
    """What somebody is invited to."""

    model_config = ConfigDict(from_attributes=True)

    organisation_name: str
    role: Role
    expires_at: datetime


class AcceptedInvitation(InvitationToken):
    """The account of whoever was invited: login, name and password of their own choice."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"token": "ocopi_x", "login": "chi.sen", "display_name": "Chị Sen", "password": "mat-ong-huong-son-26"}]
        },
    )

    login: Login
    display_name: str = Field(min_length=1, max_length=200)
    password: Password = Field(min_length=1, max_length=256)


class PasswordChange(BaseModel):
    """The present password and the new one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"password": "cam-vu-quang-2026", "new_password": "mat-ong-huong-son-26"}]}
    )

    password: Password = Field(min_length=1, max_length=256)
    new_password: Password = Field(min_length=1, max_length=256)


class PasswordAsked(BaseModel):
    """The present password, for what a found phone or an open browser shall not do by itself."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"password": "cam-vu-quang-2026"}]})

    password: Password = Field(min_length=1, max_length=256)


class CodeShown(BaseModel):
    """The six digits that the phone's app shows now."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "123 456"}]})

    code: Code


class EnrolmentView(BaseModel):
    """For the phone's app, once: a secret to type, and the same as an address and as a QR code (a picture as `data:` address)."""

    secret: str
    uri: str
    qr: str


class SignInView(BaseModel):
    """A signed-in browser; `network` without its last part."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    browser: str
    network: str
    created_at: datetime
    expires_at: datetime
    is_current: bool


class AccountView(BaseModel):
    """One's own account: sign-ins, whether a code is asked for, and what tokens of one's own may be for."""

    sign_ins: list[SignInView]
    has_second_factor: bool
    token_actions: list[Action]


class NewApiToken(BaseModel):
    """A token for a script: what it is called, what it may do, for how many days."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Báo cáo đêm", "actions": ["read_reports"], "days": 90}]}
    )

    name: TokenName
    actions: tuple[Action, ...] = Field(min_length=1, max_length=len(Action))
    days: int = Field(90, ge=1, le=DAYS_MOST)


class ApiTokenView(BaseModel):
    """A token as it is listed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    actions: tuple[Action, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class MadeApiToken(ApiTokenView):
    """`token` is shown this once. Send it as `Authorization: Bearer …`."""

    token: str


class ApiTokenList(BaseModel):
    items: list[ApiTokenView]
