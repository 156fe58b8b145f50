"""What the rules ask of a person in an engagement at an instant, as the hot statements ask it."""

from __future__ import annotations

from outwork.kit.database import function

STANDING = function(
    "standing",
    """
create function standing(
  p_actor text, p_engagement text, p_at timestamptz,
  out pseudonym text, out roles jsonb, out family text, out live boolean, out stage text,
  out certified boolean, out doubtful boolean,
  out barred_here boolean, out skills text[], out languages text[], out clearance integer,
  out credentials jsonb, out barred text[]
) language plpgsql stable as $$
#variable_conflict use_column
begin
  -- In this language because its plans are kept; an SQL function is planned at each call.
  select m.pseudonym, m.roles, coalesce(nullif(a.family, ''), m.pseudonym),
    m.valid_from <= p_at and p_at < m.valid_until,
    e.stage,
    coalesce((
      select c.passed from certification c
      where c.engagement_id = p_engagement and c.actor_id = p_actor
        and c.guideline_version = (
          select max(g.version) from guideline g where g.engagement_id = p_engagement)
      order by c.id desc limit 1), false)
    and not exists (
      select from worker_pause p
      where p.engagement_id = p_engagement and p.actor_id = p_actor and p.ended_at is null),
    -- An expired waiver may have been made good: that is for the slow way to find out.
    exists (
      select from waiver w
      where w.engagement_id = p_engagement and w.expires_at <= p_at
        and w.countersigned_by is not null),
    -- A barrier against the client holds for whatever the engagement is about.
    coalesce(e.client_id = any (q.barred), false),
    q.skills, q.languages, q.clearance, q.credentials, q.barred
  into pseudonym, roles, family, live, stage, certified, doubtful,
    barred_here, skills, languages, clearance, credentials, barred
  from membership m
  join actor a on a.id = m.actor_id
  join engagement e on e.id = m.engagement_id
  left join qualification q on q.actor_id = m.actor_id
  where m.engagement_id = p_engagement and m.actor_id = p_actor;
end $$
""",
)

# Whether somebody may take no work now: `setup.off_duty` as a condition. `post` is the actor's row
# of `duty`, if there is one; the items held are counted in every engagement.
OFF_DUTY = """(post.actor_id is not null and (
    exists (
      select from absence b
      where b.engagement_id = p_engagement and b.actor_id = p_actor
        and b.starts <= p_at and p_at < b.ends)
    or post.calendar is not null and not coalesce((
      select p_at < s.ends from spell s
      where s.engagement_id = p_engagement and s.calendar = post.calendar and s.starts <= p_at
      order by s.starts desc limit 1), false)
    or post.at_most <= (
      select count(*) from assignment a
      where a.actor_id = p_actor and a.state = 'live' and a.leased_until > p_at)))"""
