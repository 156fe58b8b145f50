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
# commit for all. It is told of each who acts and what they may see, as `enter` would; those who see
# the same engagements are then answered together, under row-level security for just these. Members
# are looked up by person, since an engagement has many and a person is in few (hence || '').
# The rule is `model.ground`; where anything is unusual the row is null, and the plain way says why
# (so too where a document is opened that the same call shares). Only who waits for a receipt has
# the integrating job woken.
RECORD_ACCESSES = function(
    "record_accesses",
    """
create function record_accesses(
  p_acts text[], p_actors text[], p_sessions text[], p_documents text[], p_subjects text[],
  p_untils timestamptz[], p_wake boolean[]
) returns table (engagement text, event bigint) language plpgsql as $$
#variable_conflict use_column
declare
  v_at timestamptz := greatest(now(), (select c.latest from clock c));
  v_who text[];
  v_seen text[];
  v_logs text[] := array_fill(null::text, array[cardinality(p_acts)]);
  v_events bigint[] := array_fill(null::bigint, array[cardinality(p_acts)]);
  -- The order of the log is that of the requests, whoever they are answered with.
  v_numbers bigint[] := array(
    select nextval('event_id_seq') from generate_series(1, cardinality(p_acts)));
  v_sees text;
  v_set text;
  one record;
begin
  select array_agg(a.id order by r.n) into v_who
  from unnest(p_actors, p_sessions) with ordinality r(actor, session, n)
  left join session s on s.digest = r.session and s.expires_at > v_at
  left join actor a on a.id = case when r.session is null then r.actor else s.actor_id end;
  -- Who sees what: everybody finds their own memberships, as themselves.
  v_set := set_config('outwork.actor', array_to_string(v_who, ','), true);
  select array_agg(x.sees order by w.n) into v_seen
  from unnest(v_who) with ordinality w(who, n)
  left join (
    select m.actor_id, string_agg(m.engagement_id, ',' order by m.engagement_id) as sees
    from membership m where m.actor_id = any(v_who) group by m.actor_id
  ) x on x.actor_id = w.who;
  v_set := set_config('outwork.actor', '', true);
  for v_sees in select distinct z.seen from unnest(v_seen) z(seen) where z.seen is not null loop
    v_set := set_config('outwork.engagements', '{' || v_sees || '}', true);
    for one in
      with asked as materialized (
        select r.n, r.act, r.who, r.number, d.engagement_id, d.id as document, m.pseudonym, r.until,
          r.subject, other.pseudonym as receiver,
          case
            when r.act = 'share' then null
            when m.roles ?| array['vendor-manager', 'delivery-manager', 'client-reviewer']
              then 'role'
            when not m.roles ?| array['analyst', 'reviewer', 'auditor'] then null
            when d.audience = 'members' then 'delivery'
            when s.document_id is not null then 'share' end as ground
        from unnest(p_acts, p_documents, p_subjects, p_untils, v_who, v_seen, v_numbers)
          with ordinality r(act, document, subject, until, who, seen, number, n)
        join document d on d.id = r.document
        join membership m on m.actor_id = r.who and m.engagement_id || '' = d.engagement_id
          and m.valid_from <= v_at and v_at < m.valid_until
        left join document_share s on s.document_id = d.id and s.actor_id = r.who
          and coalesce(s.until > v_at, true)
        left join membership other on r.act = 'share'
          and other.actor_id = r.subject and other.engagement_id || '' = d.engagement_id
          and other.valid_from <= v_at and v_at < other.valid_until
          and other.roles <> '["bidder"]' and coalesce(r.until > v_at, true)
          and m.roles ?| array['vendor-manager', 'delivery-manager']
        where r.seen = v_sees
      ), kept as materialized (
        select a.* from asked a where a.ground is not null or a.receiver is not null
      ), shared as (
        insert into document_share (engagement_id, document_id, actor_id, shared_by, shared_at,
          until)
        select distinct on (k.document, k.subject)
          k.engagement_id, k.document, k.subject, k.who, v_at, k.until
        from kept k where k.receiver is not null order by k.document, k.subject, k.n desc
        on conflict (document_id, actor_id) do update set shared_by = excluded.shared_by,
          shared_at = excluded.shared_at, until = excluded.until
      ), recorded as (
        insert into event (engagement_id, id, kind, version, at, actor, public, sealed)
        overriding system value
        select k.engagement_id, k.number,
          case k.act when 'share' then 'documents.document-shared'
            when 'open' then 'documents.document-opened'
            else 'documents.document-downloaded' end, 1, v_at, k.pseudonym,
          case when k.receiver is null
            then jsonb_build_object('document', k.document, 'ground', k.ground)
            else jsonb_build_object('document', k.document, 'subject', k.receiver,
              'until', instant_text(k.until)) end, '{}'
        from kept k
      )
      select k.n, k.engagement_id, k.number from kept k
    loop
      v_logs[one.n] := one.engagement_id;
      v_events[one.n] := one.number;
    end loop;
  end loop;
  perform pg_notify('outwork_recorded', l.log) from (
    select distinct z.log from unnest(v_logs, p_wake) z(log, wake)
    where z.wake and z.log is not null) l;
  return query select z.log, z.event
    from unnest(v_logs, v_events) with ordinality z(log, event, n) order by z.n;
end $$
""",
)

documents = Records(document_table, Document, lambda i: NotFound("document", i))
