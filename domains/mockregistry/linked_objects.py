"""Host and contact objects (RFC 5732, RFC 5733) as far as domains name them: whether one is there, and what is held
about it. They come with the domains and are not changed over EPP."""

from domains.epp import xml
from domains.epp.codes import ResultCode
from domains.epp.xml import CONTACT, HOST
from domains.mockregistry import answers, refusals
from domains.mockregistry.answers import Reply
from domains.mockregistry.occasions import Occasion
from domains.mockregistry.requests import Request, contact_id, domain_name, sequence
from domains.mockregistry.store import Store


def check(store: Store, request: Request) -> Reply:
    """Says which names of hosts or ids of contacts are free (RFC 5732 and RFC 5733, section 3.1.1)."""
    if xml.namespace(request.body) == HOST:
        names = [domain_name(element) for element in sequence(request.body, HOST, "name+")["name"]]
        taken = [(name, "In use" if store.host(name) else None) for name in names]
        return Reply(ResultCode.DONE, data=answers.checked(xml.host, "name", taken))
    ids = [contact_id(element) for element in sequence(request.body, CONTACT, "id+")["id"]]
    taken = [(identity, "In use" if store.contact(identity) else None) for identity in ids]
    return Reply(ResultCode.DONE, data=answers.checked(xml.contact, "id", taken))


def info(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Tells what is held about a host, or to its sponsor about a contact (RFC 5732 and RFC 5733, section 3.1.2)."""
    if xml.namespace(request.body) == HOST:
        name = domain_name(sequence(request.body, HOST, "name")["name"][0])
        host = store.host(name)
        if host is None:
            raise refusals.NoSuchObject(kind="host", name=name)
        return Reply(ResultCode.DONE, data=answers.host_info(host, linked=store.is_linked(name)))
    parts = sequence(request.body, CONTACT, "id", "authInfo?")
    identity = contact_id(parts["id"][0])
    contact = store.contact(identity)
    if contact is None:
        raise refusals.NoSuchObject(kind="contact", name=identity)
    if any(xml.text_of(given) for given in parts["authInfo"]):
        # Contacts have no authorization information here, so whatever is given is wrong.
        raise refusals.WrongAuthInfo(name=identity)
    if contact.sponsor != occasion.account.registrar_id:
        raise refusals.NotTheSponsor(name=identity)
    return Reply(ResultCode.DONE, data=answers.contact_info(contact, linked=store.is_linked(identity)))
