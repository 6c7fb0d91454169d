"""HTTP: the people of an organisation and the invitations by which more of them come."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from app.accounts.access import SignedInUser, needs
from app.accounts.errors import (
    IntentionKeyReused,
    InvalidRoles,
    InvitationNotFound,
    LastOrganiser,
    OrganiserOnly,
    PersonNotFound,
    TooManyInvitations,
)
from app.accounts.intentions import Intended
from app.accounts.invitations import Invitations
from app.accounts.people import PeopleService
from app.accounts.people_schemas import (
    GrantBody,
    InvitationList,
    InvitationView,
    MadeInvitation,
    NewInvitation,
    PersonList,
    PersonView,
    Roles,
)
from app.accounts.permissions import Action, Grant
from app.errors import AppError, MalformedRequest, NotSignedIn, OriginRefused
from app.infra.body_limits import body_at_most
from app.infra.problems import problem_responses
from app.infra.provided import provided

router = APIRouter(prefix="/api/v1", tags=["people"], dependencies=[needs(Action.MANAGE_PEOPLE)])

People = Annotated[PeopleService, Depends(provided(PeopleService))]
Inviting = Annotated[Invitations, Depends(provided(Invitations))]
_READING: tuple[type[AppError], ...] = (NotSignedIn, OrganiserOnly)
_PERSON: tuple[type[AppError], ...] = (*_READING, OriginRefused, PersonNotFound, MalformedRequest)


@router.get("/people", summary="Everybody with an account", responses=problem_responses(*_READING))
async def list_people(user: SignedInUser, people: People) -> PersonList:
    """Those who manage people. Closed accounts stand last."""
    return PersonList(items=[PersonView.model_validate(each) for each in await people.list(user)])


@router.put(
    "/people/{user_id}/roles",
    summary="Set somebody's roles",
    openapi_extra=body_at_most(16 * 1024),
    responses=problem_responses(*_PERSON, InvalidRoles, LastOrganiser),
)
async def set_roles(user_id: UUID, body: Roles, user: SignedInUser, people: People) -> PersonView:
    """Those who manage people. All of their roles: what is left out is taken, and open boards that need it close within a second."""
    return PersonView.model_validate(await people.set_roles(user, user_id, [_grant(each) for each in body.grants]))


@router.post("/people/{user_id}/close", summary="Close somebody's account", responses=problem_responses(*_PERSON, LastOrganiser))
async def close_person(user_id: UUID, user: SignedInUser, people: People) -> PersonView:
    """Those who manage people. Every sign-in ends, tokens stop working, open boards close within a second."""
    return PersonView.model_validate(await people.close(user, user_id))


@router.delete("/people/{user_id}/second-factor", summary="Let somebody sign in without their phone", responses=problem_responses(*_PERSON))
async def forget_second_factor(user_id: UUID, user: SignedInUser, people: People) -> PersonView:
    """Those who manage people, for somebody whose phone is lost."""
    return PersonView.model_validate(await people.forget_second_factor(user, user_id))


@router.get("/invitations", summary="Invitations that wait", responses=problem_responses(*_READING))
async def list_invitations(user: SignedInUser, invitations: Inviting) -> InvitationList:
    """Those who manage people."""
    return InvitationList(items=[InvitationView.model_validate(each) for each in await invitations.list(user)])


@router.post(
    "/invitations",
    summary="Invite somebody by a link",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=body_at_most(4 * 1024),
    responses=problem_responses(*_READING, OriginRefused, InvalidRoles, TooManyInvitations, IntentionKeyReused, MalformedRequest),
)
async def invite(body: NewInvitation, user: SignedInUser, invitations: Inviting, intention: Intended, response: Response) -> MadeInvitation:
    """Those who manage people. The link works once, for three days, and cannot be read again."""
    made, token = await invitations.create(user, _grant(body.grant), body.note, intention)
    response.headers["cache-control"] = "no-store"
    return MadeInvitation(**InvitationView.model_validate(made).model_dump(), path=f"/invitation#{token}")


@router.delete(
    "/invitations/{invitation_id}",
    summary="Take an invitation back",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(*_READING, OriginRefused, InvitationNotFound, MalformedRequest),
)
async def revoke_invitation(invitation_id: UUID, user: SignedInUser, invitations: Inviting) -> None:
    """Those who manage people."""
    await invitations.revoke(user, invitation_id)


def _grant(body: GrantBody) -> Grant:
    return Grant(body.role, body.ward_code, body.session_id)
