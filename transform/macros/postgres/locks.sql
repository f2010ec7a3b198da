{#-
  Locks on PostgreSQL. Somebody's open transaction holds a lock on what it has read, and a
  statement that waits for a stronger one makes every later reader wait behind it. So a
  statement waits a second, lets the others pass, and tries again; after `lock_wait_seconds`
  it fails and names the session that is in the way.
-#}

{#- Wraps statements that need a lock on a relation. -#}
{% macro with_patience(relation, statements) -%}
do $solar_patience$
declare
    give_up_at constant timestamptz := clock_timestamp() + interval '{{ lock_wait_seconds() }} seconds';
    holders text;
begin
    loop
        begin
            perform set_config('lock_timeout', '1s', true);
            execute $solar_statements$ {{ statements }} $solar_statements$;
            perform set_config('lock_timeout', '{{ lock_wait_seconds() }}s', true);
            return;
        exception when lock_not_available then
            if clock_timestamp() > give_up_at then
                select string_agg(
                    format(
                        'session %s (user %s, program %s, %s since %s UTC)',
                        sessions.pid, sessions.usename, coalesce(nullif(sessions.application_name, ''), 'unknown'),
                        sessions.state, to_char(sessions.xact_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI')
                    ),
                    ', '
                )
                into holders
                from (
                    select distinct locks.pid from pg_locks as locks
                    where
                        locks.relation = to_regclass('{{ relation }}') and locks.granted
                        and locks.pid <> pg_backend_pid()
                ) as held
                inner join pg_stat_activity as sessions on held.pid = sessions.pid;
                raise exception '% is locked by %: waited {{ lock_wait_seconds() }} s; end that transaction and build again',
                    '{{ relation.schema }}.{{ relation.identifier }}', coalesce(holders, 'a session that has just ended')
                    using errcode = 'lock_not_available';
            end if;
        end;
        perform pg_sleep(0.5);
    end loop;
end
$solar_patience$
{%- endmacro %}

{#- Runs statements that need a lock on a relation. -#}
{% macro run_with_patience(relation, statements) -%}
  {%- call statement("patience") -%}
    {{ with_patience(relation, statements) }}
  {%- endcall -%}
{%- endmacro %}

{#- How long a build waits for a lock in all. -#}
{% macro lock_wait_seconds() -%}
  {{ return(var("lock_wait_seconds") | int) }}
{%- endmacro %}

{#- Keeps every other statement of this transaction from waiting for ever. -#}
{% macro bound_lock_waits() -%}
  {%- call statement("bound_lock_waits") -%}
    set local lock_timeout = '{{ lock_wait_seconds() }}s'
  {%- endcall -%}
{%- endmacro %}
