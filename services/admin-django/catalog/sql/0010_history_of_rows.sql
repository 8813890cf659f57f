-- The history records an item's row without the columns that are named here, instead of naming each that it has: a column
-- that is added is recorded. What is recorded stays as it was, to the byte; old code finds and leaves what it knows.

-- What nobody writes: set by triggers or generated. (A virtual generated column has no value in a trigger.)
CREATE FUNCTION item_unrecorded() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{id,version,created_at,updated_at,search,terms}'::text[];

-- The columns left out become null first, so that their values, some as long as the description, are not made into text
-- for nothing. A price is a text: readers of JSON make a float of a number. Both functions become part of the statements
-- that call them: the lists are constants there.
CREATE FUNCTION item_recorded(item anyelement, price numeric) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT jsonb_set_lax(
        to_jsonb(jsonb_populate_record(
            item, jsonb_object(item_unrecorded(), array_fill(NULL::text, ARRAY[cardinality(item_unrecorded())]))
        )) - item_unrecorded(),
        '{price}', to_jsonb(price::text)
    )
$$;

-- Only what differs is kept. The two rows have the same fields in the same order, so their values stand side by side. Rows
-- meet by id, which never changes. A session plans this once, mostly when a single item changes, and would then meet a
-- thousand old rows with a thousand new ones in a million comparisons: a FULL JOIN, in which every row has its other, is
-- never a nested loop.
CREATE OR REPLACE FUNCTION item_history_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    IF current_setting('triptych.fills_terms', true) = 'on' AND session_user = 'triptych_owner' THEN
        RETURN NULL;
    END IF;
    INSERT INTO item_history (item_id, version, op, actor, action, before, after)
    SELECT n.id, n.version, 'U', item_history_actor(), item_history_action(), changed.before, changed.after
    FROM old_items o
    FULL JOIN new_items n USING (id)
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(field, was) AS before, jsonb_object_agg(field, is_now) AS after
        FROM ROWS FROM (jsonb_each(item_recorded(o, o.price)), jsonb_each(item_recorded(n, n.price)))
            AS fields (field, was, same_field, is_now)
        WHERE was <> is_now
    ) AS changed;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION item_history_delete() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    INSERT INTO item_history (item_id, version, op, actor, action, before)
    SELECT id, version, 'D', item_history_actor(), item_history_action(), item_recorded(o, o.price) FROM old_items o;
    RETURN NULL;
END
$$;
