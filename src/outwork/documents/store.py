"""Tables of documents and their sealed content."""

from __future__ import annotations

import sqlalchemy as sa

from outwork.documents.model import Audience, Document
from outwork.kit.database import Records, function, instant, json, key, scoped, text
from outwork.vocabulary import NotFound

document_table = scoped(
    "document",
    key(), text("name"), text("media_type"), text("digest"),
    sa.Column("size", sa.BigInteger, nullable=False),
    text("text_digest"), text("extractor"), text("extractor_version"), json("pages"),
    text("audience", server_default=Audience.NEED_TO_KNOW.value),
)  # fmt: skip

# Apart from the document's row, so that lists never read content.
content_table = scoped(
    "document_content",
    # What writes it writes the document in the same statements: a foreign key would ask again.
    key("document_id"),
    sa.Column("sealed_key", sa.LargeBinary, nullable=False),
    # Null where the text is all there is.
    sa.Column("sealed_bytes", sa.LargeBinary),
    sa.Column("sealed_text", sa.LargeBinary),
    listed=False,
)

share_table = scoped(
    "document_share",
    text("document_id"), text("actor_id"), text("shared_by"), instant("shared_at"),
    instant("until", nullable=True),
    sa.PrimaryKeyConstraint("document_id", "actor_id"),
)  # fmt: skip

# Many requests to share, open or download, each by somebody of its own, in one transaction: one
# commit for all. For each, `enter` says who acts and whose rows exist, and the rule of
# `model.ground` is asked; where anything is unusual the row is null, and the plain way says why.
# Only who waits for a receipt has the integrating job woken.
RECORD_ACCESSES = function(
    "record_accesses",
    """
create function record_accesses(
  p_acts text[], p_actors text[], p_sessions text[], p_documents text[], p_subjects text[],
  p_untils timestamptz[], p_wake boolean[]
) returns table (engagement text, event bigint) language plpgsql as $$
#variable_conflict use_column
declare
  me record;
  got record;
  other record;
  ground text;
  woken text[] := '{}';
begin
  for n in 1 .. cardinality(p_acts) loop
    engagement := null;
    event := null;
    select e.who, e.at into me from enter(p_actors[n], p_sessions[n], null, null) e;
    if me.who is not null then
      select d.engagement_id, d.id, d.audience, m.pseudonym, m.roles, s.document_id as shared
      into got
      from document d
      join membership m on m.engagement_id = d.engagement_id and m.actor_id = me.who
      left join document_share s on s.document_id = d.id and s.actor_id = me.who
        and coalesce(s.until > me.at, true)
      where d.id = p_documents[n] and m.valid_from <= me.at and me.at < m.valid_until;
      if found and p_acts[n] = 'share' then
        select m.pseudonym into other from membership m
        where m.engagement_id = got.engagement_id and m.actor_id = p_subjects[n]
          and m.valid_from <= me.at and me.at < m.valid_until and m.roles <> '["bidder"]'
          and coalesce(p_untils[n] > me.at, true)
          and got.roles ?| array['vendor-manager', 'delivery-manager'];
        if found then
          insert into document_share (engagement_id, document_id, actor_id, shared_by, shared_at,
            until)
          values (got.engagement_id, got.id, p_subjects[n], me.who, me.at, p_untils[n])
          on conflict (document_id, actor_id) do update set shared_by = excluded.shared_by,
            shared_at = excluded.shared_at, until = excluded.until;
          insert into event (engagement_id, kind, version, at, actor, public, sealed)
          values (got.engagement_id, 'documents.document-shared', 1, me.at, got.pseudonym,
            jsonb_build_object('document', got.id, 'subject', other.pseudonym,
              'until', instant_text(p_untils[n])), '{}')
          returning id into event;
        end if;
      elsif found and got.roles ?| array['vendor-manager', 'delivery-manager', 'client-reviewer',
          'analyst', 'reviewer', 'auditor'] then
        ground := case
          when got.roles ?| array['vendor-manager', 'delivery-manager', 'client-reviewer']
            then 'role'
          when got.audience = 'members' then 'delivery'
          when got.shared is not null then 'share' end;
        if ground is not null then
          insert into event (engagement_id, kind, version, at, actor, public, sealed)
          values (got.engagement_id,
            case p_acts[n] when 'open' then 'documents.document-opened'
              else 'documents.document-downloaded' end, 1, me.at, got.pseudonym,
            jsonb_build_object('document', got.id, 'ground', ground), '{}')
          returning id into event;
        end if;
      end if;
      if event is not null then
        engagement := got.engagement_id;
        if p_wake[n] and engagement <> all (woken) then
          woken := woken || engagement;
          perform pg_notify('outwork_recorded', engagement);
        end if;
      end if;
    end if;
    return next;
  end loop;
end $$
""",
)

documents = Records(document_table, Document, lambda i: NotFound("document", i))
