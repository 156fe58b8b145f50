"""The hot statements: claim and hand in, each one round trip with its event in it.

They are functions of the database, so that every route (API, web, command line, jobs) runs the same
text. What makes one eligible is stated once more in `model.obstacles`; a test over random worlds
holds the two equal. Row-level security is in force inside them: `enter` has said whose rows exist.
"""

from __future__ import annotations

from outwork.access import ENTER
from outwork.kit.database import function
from outwork.stages.execution.standing import OFF_DUTY, STANDING
from outwork.workforce import MET

# Whether nothing of the line's need stands in the way of the person at hand.
_MET = MET.format(need="n", person="me", at="p_at")

# Whether the person at hand has had no part in what only others may take: what was made is checked,
# answered a second time or decided by others than its authors.
_CHECKED = "('inspect', 'review', 'adjudicate', 'overlap')"
_NO_PART = """(a.purpose not in [CHECKED]
    or a.not_for <> me.family and not exists (
      select 1 from submission s
      where s.item_id = a.item_id and s.family = me.family
        and s.purpose in ('produce', 'overlap', 'control', 'review', 'adjudicate')
      union all select 1 from hand_over h
      where h.item_id = a.item_id and h.family = me.family))"""

# The best assignment the actor may take, reserved. Outcome: claimed, held (it has one already),
# nothing, or plainly (a rule refuses, or cannot be told here: the slow way says why). `trusting`
# says that the slow way has looked at expired waivers.
# Of each queue (a work order and who takes from it) only the head is looked at, so that a claim
# costs the same whatever waits. For whoever answers only, or checks only, while nothing has lapsed
# and nothing is put aside, the first head is all there is to look at: much of the work is saved.
CLAIM = function(
    "claim_next",
    """
create function claim_next(
  p_actor text, p_engagement text, p_order text, p_at timestamptz, p_until timestamptz,
  p_trusting boolean,
  out outcome text, out assignment text
) language plpgsql as $$
#variable_conflict use_column
declare
  me record;
  post record;
  takers text[];
  orders text[];
  first text;
  head record;
  got record;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(p_engagement, 1));
  me := [STANDING](p_actor, p_engagement, p_at);
  if me.pseudonym is null or not me.live or me.barred_here or (me.doubtful and not p_trusting)
     or me.stage not in ('transfer', 'setup', 'execution', 'assurance') then
    outcome := 'plainly';
    return;
  end if;
  -- Two windows of one person get the same item.
  perform pg_advisory_xact_lock(hashtextextended(p_actor, 0));
  select a.id into assignment from assignment a
  where a.actor_id = p_actor and a.engagement_id = p_engagement
    and a.state = 'live' and a.leased_until > p_at
  limit 1;
  if found then
    outcome := 'held';
    return;
  end if;
  select d.actor_id, d.calendar, d.at_most into post from duty d
  where d.engagement_id = p_engagement and d.actor_id = p_actor;
  if found then  -- most have none, and the condition costs as much as the rest
    if [OFF_DUTY] then
      outcome := 'plainly';
      return;
    end if;
  end if;
  takers := array_remove(array[
    case when me.certified and me.roles ? 'agent' then 'agent' end,
    case when me.certified and me.roles ? 'analyst' then 'analyst' end,
    case when me.roles ? 'reviewer' then 'reviewer' end], null);
  -- Mostly one takes from one kind of queue, and nothing in them asks for more than its order.
  if cardinality(takers) = 1 then
    orders := array(
      select o.id from work_order o left join need n on n.line_id = o.line_id
      where o.engagement_id = p_engagement and (p_order is null or o.id = p_order)
        and o.stage in ('execution', 'assurance') and [MET]);
    first := orders[1];
    if cardinality(orders) > 1 then
      select o.id into first
      from unnest(orders) as o(id) cross join lateral (
        select a.rank, a.id from assignment a
        where a.work_order_id = o.id and a.taker = takers[1]
          and a.reserved_for is null and a.state = 'open'
        order by a.rank, a.id limit 1) h
      order by h.rank, h.id limit 1;
    end if;
    update assignment a set state = 'live', actor_id = p_actor, leased_until = p_until
    from (
      select h.id from assignment h
      where h.work_order_id = first and h.taker = takers[1]
        and h.reserved_for is null and h.state = 'open'
      order by h.rank, h.id limit 1
      for update skip locked) h
    where a.id = h.id and a.purpose not in [CHECKED]
      and not exists (
        select from assignment r
        where r.reserved_for = p_actor and r.state in ('open', 'live')
          and r.engagement_id = p_engagement)
      and not exists (
        select from assignment l
        where l.work_order_id = any (orders) and l.taker = takers[1]
          and l.reserved_for is null and l.state = 'live' and l.leased_until <= p_at)
    returning a.id, a.item_id, a.purpose, a.level into got;
  end if;
  if got is null then
    for head in
      with taker as (
        select t.role from unnest(takers) as t(role)
      ), queue as (
        select o.id as work_order, t.role
        from work_order o cross join taker t left join need n on n.line_id = o.line_id
        where o.engagement_id = p_engagement and (p_order is null or o.id = p_order)
          and [MET]
      ), heads as (
        select q.work_order, q.role, h.rank, h.id
        from queue q cross join lateral (
          select a.rank, a.id from assignment a
          where a.work_order_id = q.work_order and a.taker = q.role and a.reserved_for is null
            and a.state = 'open'
            and [NO_PART]
          order by a.rank, a.id limit 1
        ) h
        union all
        select null, null, a.rank, a.id
        from queue q join assignment a
          on a.work_order_id = q.work_order and a.taker = q.role and a.reserved_for is null
            and a.state = 'live' and a.leased_until <= p_at
            and [NO_PART]
        union all
        select null, null, a.rank, a.id from assignment a
        where a.reserved_for = p_actor and a.engagement_id = p_engagement
          and a.state in ('open', 'live') and (a.state = 'open' or a.leased_until <= p_at)
          and (p_order is null or a.work_order_id = p_order)
          and case when a.purpose = 'certify' then me.roles ?| array['analyst', 'agent']
                   when a.purpose = 'calibrate'
                     then me.roles ?| array['analyst', 'agent', 'reviewer']
                   else a.taker in (select role from taker) and exists (
                     select from work_order o left join need n on n.line_id = o.line_id
                     where o.id = a.work_order_id and [MET]) end
          and [NO_PART]
      )
      select * from heads order by rank, id
    loop
      if head.role is null then
        select a.* into got from assignment a
        where a.id = head.id and a.state in ('open', 'live')
          and (a.state = 'open' or a.leased_until <= p_at)
        for update skip locked;
      else
        select a.* into got from assignment a
        where a.work_order_id = head.work_order and a.taker = head.role and a.reserved_for is null
          and a.state = 'open'
          and [NO_PART]
        order by a.rank, a.id limit 1
        for update skip locked;
      end if;
      exit when found;
    end loop;
    if got is null then
      outcome := 'nothing';
      return;
    end if;
    update assignment a set state = 'live', actor_id = p_actor, leased_until = p_until
    where a.id = got.id;
  end if;
  insert into event (engagement_id, kind, version, at, actor, public, sealed)
  values (p_engagement, 'execution.item-claimed', 1, p_at, me.pseudonym,
    jsonb_build_object('assignment', got.id, 'item', got.item_id, 'purpose', got.purpose,
      'level', got.level, 'until', instant_text(p_until)), jsonb_build_object('blind',
      encode(sha256(uuid_send(gen_random_uuid()) || 'null'), 'hex')));
  assignment := got.id;
  outcome := 'claimed';
end $$
""".replace("[MET]", _MET)
    .replace("[OFF_DUTY]", OFF_DUTY)
    .replace("[NO_PART]", _NO_PART)
    .replace("[CHECKED]", _CHECKED)
    .replace("[STANDING]", STANDING),
)

# The submissions that one begins from: whoever answers a second time sees the draft alone.
_LATEST = """b.purpose in ('produce', 'control', 'review', 'adjudicate')
      and (a.purpose <> 'overlap' or exists (
        select from assignment y where y.id = b.assignment_id and y.level = 0))"""

# What the rules ask of an item before answers to it are handed in, and a number for the event.
BASIS = function(
    "submission_basis",
    """
create function submission_basis(
  p_actor text, p_session text, p_at timestamptz, p_assignment text
) returns table (
  who text, at timestamptz, by_agent boolean, assignment jsonb, item jsonb, order_stage text,
  latest text, before_ids text[], before_questions text[], before_contents bytea[],
  document jsonb, sealed_key bytea, sealed_text bytea, event_id bigint,
  shares jsonb, commitments text[], produced text[], overlap numeric
) language plpgsql as $$
#variable_conflict use_column
declare
  me record;
begin
  me := enter(p_actor, p_session, p_at, null);
  if me.who is null then
    return;
  end if;
  return query
  select me.who, me.at, me.by_agent, to_jsonb(a), to_jsonb(i), o.stage,
    last.id, before.ids, before.questions, before.contents,
    to_jsonb(d), c.sealed_key, c.sealed_text, nextval('event_id_seq'),
    ladder.shares,
    -- What both sides committed to before the work began: who is reviewed, and who answers twice,
    -- follows from it.
    case when ladder.shares is not null or plan.overlap_share > 0 then (
      select array_agg(z.commitment order by z.side) from seed_commitment z
      where z.work_order_id = o.id and z.round = 1) end,
    case when ladder.shares is not null then (
      select array_agg(b.id order by b.id) from submission b
      join assignment p on p.id = b.assignment_id
      where b.item_id = a.item_id and p.purpose = 'produce' and p.level > 0) end,
      case when plan.overlap_share > 0 and not exists (
      select from comparison y where y.item_id = a.item_id) then plan.overlap_share end
  from assignment a
  join work_item i on i.id = a.item_id
  left join work_order o on o.id = a.work_order_id
  left join review_plan ladder on ladder.line_id = o.line_id
  left join control_plan plan on plan.line_id = o.line_id
  left join lateral (
    select b.id from submission b
    where b.item_id = a.item_id and [LATEST]
    order by b.id desc limit 1) last on true
  left join lateral (
    select array_agg(w.id) as ids, array_agg(w.question) as questions,
      array_agg(w.content) as contents
    from answer w where w.submission_id = last.id) before on last.id is not null
  left join document d on d.id = i.document_id
  left join document_content c on c.document_id = d.id
  where a.id = p_assignment;
end $$
""".replace("[LATEST]", _LATEST),
)

# Closes a held assignment with a submission, its answers and its event. The answers' sealed
# contents come one after the other; each answer says where its own begins (from 1) and its size.
# Outcome: done, or plainly where the item is no longer as the rules saw it, or the actor is not
# plainly somebody who may (the slow way, which has `decided` that, says why); then nothing is
# written.
HAND_IN = function(
    "hand_in",
    """
create function hand_in(
  p_actor text, p_engagement text, p_at timestamptz, p_assignment text, p_decided boolean,
  p_latest text,
  p_submission text, p_seconds integer, p_hints jsonb,
  p_answers jsonb, p_contents bytea,
  p_item_state text, p_next text, p_next_taker text, p_next_purpose text, p_next_level smallint,
  p_event bigint, p_kind text, p_version integer, p_public jsonb, p_sealed jsonb, p_openings bytea
) returns text language plpgsql as $$
#variable_conflict use_column
declare
  a record;
  me record;
begin
  perform set_config('outwork.actor', p_actor, true),
    set_config('outwork.engagements', '{' || p_engagement || '}', true);
  -- Neither a batch nor a guideline changes while something is handed in, nor the reverse.
  perform pg_advisory_xact_lock_shared(hashtextextended(p_engagement, 1));
  select * into a from assignment where id = p_assignment for update;
  me := [STANDING](p_actor, p_engagement, p_at);
  if a.id is null or a.state <> 'live' or a.actor_id <> p_actor or a.leased_until <= p_at
     or me.pseudonym is null
     or not (p_decided or (
       me.live and me.certified and not me.doubtful and not me.barred_here
       and me.stage = 'execution'
       and me.roles ? a.taker and a.purpose = 'produce'
       and exists (
         select from work_order o left join need n on n.line_id = o.line_id
         where o.id = a.work_order_id and o.phase = 'released' and o.stage = 'execution'
           and [MET])))
     or p_latest is distinct from (
       select b.id from submission b
       where b.item_id = a.item_id and [LATEST]
       order by b.id desc limit 1) then
    return 'plainly';
  end if;
  insert into submission (engagement_id, id, item_id, assignment_id, author_id, family, purpose,
    at, seconds, hints)
  values (p_engagement, p_submission, a.item_id, a.id, p_actor, me.family, a.purpose, p_at,
    p_seconds, p_hints);
  insert into answer (engagement_id, id, submission_id, item_id, question, origin, confidence,
    seconds, author_id, revises, content)
  select p_engagement, n.id, p_submission, a.item_id, n.question, n.origin, n.confidence,
    n.seconds, p_actor, n.revises, substring(p_contents from n.first for n.size)
  from jsonb_to_recordset(p_answers) as n(id text, question text, origin text,
    confidence float8, seconds float8, revises text, first integer, size integer);
  update assignment set state = 'done' where id = p_assignment;
  delete from saved_progress where assignment_id = p_assignment;
  if p_item_state is not null then
    update work_item set state = p_item_state where id = a.item_id;
  end if;
  if p_next is not null then
    insert into assignment (engagement_id, id, item_id, work_order_id, purpose, level, taker,
      round, rank, state, opened_at, clause, note, not_for)
    values (p_engagement, p_next, a.item_id, a.work_order_id, p_next_purpose, p_next_level,
      p_next_taker, a.round, case when p_next_purpose = 'review' then 2 else 3 end,
      'open', p_at, '', '', '');
  end if;
  insert into event (engagement_id, id, kind, version, at, actor, public, sealed)
  overriding system value
  values (p_engagement, p_event, p_kind, p_version, p_at, me.pseudonym, p_public, p_sealed);
  insert into disclosure (engagement_id, event_id, openings)
  values (p_engagement, p_event, p_openings);
  return 'done';
end $$
""".replace("[MET]", _MET)
    .replace("[LATEST]", _LATEST)
    .replace("[STANDING]", STANDING),
)

_BASIS_COLUMNS = (
    "who, at, by_agent, assignment, item, order_stage, latest, before_ids, before_questions,"
    " before_contents, document, sealed_key, sealed_text, event_id, shares, commitments, produced,"
    " overlap"
)
READ_BASIS = f"select {_BASIS_COLUMNS} from {BASIS}(%s, %s, %s, %s)".encode()  # noqa: S608
# Bytes go as they are (%b): spelling them in hexadecimal costs more than the rest.
_TAKES = ["%s"] * 22
_TAKES[10] = _TAKES[21] = "%b"
WRITE_SUBMISSION = f"select {HAND_IN}({', '.join(_TAKES)})".encode()
CLAIM_NEXT = (
    f"select c.outcome, c.assignment from {ENTER}(%s, %s, %s, null) e,"  # noqa: S608
    f" lateral {CLAIM}(e.who, %s, %s, e.at, e.at + %s, false) c where e.who is not null"
).encode()

# What nobody on the team may take, and reservations that ran out. Queues that somebody can take
# from are not read: only what waits to be checked is looked at singly.
STUCK = """
with able as (
  select r.role, coalesce(nullif(x.family, ''), m.pseudonym) as family,
    q.skills, q.languages, q.clearance, q.credentials, q.barred
  from membership m
  join actor x on x.id = m.actor_id
  left join qualification q on q.actor_id = m.actor_id
  cross join lateral jsonb_array_elements_text(m.roles) as r(role)
  where m.engagement_id = :engagement and m.valid_from <= :at and :at < m.valid_until
    and (r.role = 'reviewer' or (r.role in ('analyst', 'agent') and coalesce((
      select c.passed from certification c
      where c.engagement_id = m.engagement_id and c.actor_id = m.actor_id
        and c.guideline_version = (
          select max(g.version) from guideline g where g.engagement_id = :engagement)
      order by c.id desc limit 1), false) and not exists (
      select from worker_pause p
      where p.engagement_id = m.engagement_id and p.actor_id = m.actor_id
        and p.ended_at is null)))
    and not coalesce((
      select e.client_id = any (q.barred) from engagement e where e.id = m.engagement_id), false)
), ours as (
  select o.id, o.line_id from work_order o where o.engagement_id = :engagement
), fit as (
  select ours.id as work_order, me.role, me.family
  from ours left join need n on n.line_id = ours.line_id join able me on [MET]
), idle as (
  select ours.id, t.role from ours cross join unnest(array['agent', 'analyst']) as t(role)
  where not exists (select from fit where fit.work_order = ours.id and fit.role = t.role)
), waiting as (
  select ours.id as work_order, a.taker, a.item_id, a.purpose, a.not_for
  from idle ours join assignment a on a.work_order_id = ours.id and a.taker = ours.role
    and a.state = 'open' and a.reserved_for is null
  union all
  select ours.id as work_order, a.taker, a.item_id, a.purpose, a.not_for
  from ours join assignment a on a.work_order_id = ours.id
    and a.state = 'open' and a.reserved_for is null
    and (a.taker = 'reviewer' or (a.purpose = 'overlap' and not exists (
      select from idle where idle.id = ours.id and idle.role = 'analyst')))
)
select
  (select count(*) from ours join assignment a on a.work_order_id = ours.id
   where a.state = 'live' and a.leased_until <= :at) as lapsed,
  (select count(*) from waiting w where not exists (
    select from fit
    where fit.work_order = w.work_order and fit.role = w.taker
      and (w.purpose not in [CHECKED] or fit.family <> w.not_for and not exists (
        select 1 from submission s where s.item_id = w.item_id and s.family = fit.family
          and s.purpose in ('produce', 'overlap', 'control', 'review', 'adjudicate')
        union all select 1 from hand_over h
        where h.item_id = w.item_id and h.family = fit.family)))) as unclaimable
""".replace("[MET]", MET.format(need="n", person="me", at=":at")).replace("[CHECKED]", _CHECKED)
