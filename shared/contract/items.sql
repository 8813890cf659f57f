-- What the services share of the database: the tables and views that others than admin-django may touch, with all that
-- hangs on them, and the functions. Django's migrations make it, `make snapshot` writes it down, and a test compares it
-- with a freshly migrated database. A change here is a change for every service: see docs/expand-contract.md.
--
-- PostgreSQL database dump
--

\restrict triptych


SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: public; Type: SCHEMA; Schema: -; Owner: -
--

-- *not* creating schema, since initdb creates it


--
-- Name: category_slug_is_forever(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.category_slug_is_forever() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the slug of a category never changes' USING ERRCODE = 'check_violation';
END
$$;


--
-- Name: item_change_record(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_change_record() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
    IF current_setting('triptych.fills_terms', true) = 'on' AND session_user = 'triptych_owner' THEN
        RETURN NULL;
    END IF;
    CASE TG_OP
        WHEN 'INSERT', 'UPDATE' THEN
            INSERT INTO item_change (item_id, version, op) SELECT id, version, left(TG_OP, 1) FROM changed;
        WHEN 'DELETE' THEN -- a tombstone has a version of its own, greater than any that the item had
            INSERT INTO item_change (item_id, version, op, left_category)
            SELECT id, nextval('item_version'), 'D', category FROM changed;
        WHEN 'TRUNCATE' THEN
            INSERT INTO item_change (op) VALUES ('T');
    END CASE;
    RETURN NULL;
END
$$;


--
-- Name: item_change_record_move(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_change_record_move() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
    INSERT INTO item_change (item_id, version, op, left_category) VALUES (NEW.id, NEW.version, 'U', OLD.category);
    RETURN NULL;
END
$$;


--
-- Name: item_feed_attend(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_feed_attend() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
    -- Restored from a dump: nothing that was recorded elsewhere can be told from what is recorded here.
    IF EXISTS (SELECT FROM item_feed_state WHERE home <> item_feed_home()) THEN
        LOCK TABLE item_feed_state IN SHARE ROW EXCLUSIVE MODE; -- of two readers that connect now, one does it
        IF EXISTS (SELECT FROM item_feed_state WHERE home <> item_feed_home()) THEN
            DELETE FROM item_change;
            DELETE FROM item_feed_life;
            DELETE FROM item_feed_state;
            INSERT INTO item_feed_state DEFAULT VALUES;
        END IF;
    END IF;
    INSERT INTO item_feed_life DEFAULT VALUES ON CONFLICT DO NOTHING;
    UPDATE item_feed_state SET life = living.life
    FROM (
        -- the first eight digits of a WAL file's name are its timeline
        SELECT concat_ws(
            '/', left(pg_walfile_name(pg_current_wal_lsn()), 8), token, extract(epoch FROM pg_postmaster_start_time())
        )
        FROM item_feed_life
    ) AS living (life)
    WHERE item_feed_state.life IS DISTINCT FROM living.life;

    UPDATE item_feed_state
    SET trimmed = mark, mark = pg_snapshot_xmin(pg_current_snapshot()), marked_at = now()
    WHERE marked_at < now() - interval '5 minutes';
    -- bounded, so that it also ends in time where nobody has read the feed for days
    DELETE FROM item_change WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM item_change WHERE tx < (SELECT trimmed FROM item_feed_state)
        ORDER BY tx LIMIT 50000 FOR UPDATE SKIP LOCKED
    ));
END
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: item_change; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.item_change (
    seq bigint NOT NULL,
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    item_id bigint,
    version bigint,
    op "char" NOT NULL,
    left_category character varying(64) COLLATE pg_catalog."C",
    CONSTRAINT item_change_check CHECK ((((op = 'T'::"char") = (item_id IS NULL)) AND ((op = 'T'::"char") = (version IS NULL)))),
    CONSTRAINT item_change_op_check CHECK ((op = ANY (ARRAY['I'::"char", 'U'::"char", 'D'::"char", 'T'::"char"])))
)
WITH (autovacuum_vacuum_insert_scale_factor='0', autovacuum_vacuum_insert_threshold='50000');


--
-- Name: item_feed_home(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_feed_home() RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'public'
    RETURN (((((SELECT pg_control_system.system_identifier FROM pg_control_system() pg_control_system(pg_control_version, catalog_version_no, system_identifier, pg_control_last_modified)) || '/'::text) || (SELECT pg_database.oid FROM pg_database WHERE (pg_database.datname = current_database()))) || '/'::text) || ('public.item_change'::regclass)::oid);


--
-- Name: item_history_action(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_history_action() RETURNS uuid
    LANGUAGE sql STABLE
    RETURN (NULLIF(current_setting('triptych.action'::text, true), ''::text))::uuid;


--
-- Name: item_history_actor(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_history_actor() RETURNS text
    LANGUAGE sql STABLE
    RETURN COALESCE(NULLIF(current_setting('triptych.actor'::text, true), ''::text), (SESSION_USER)::text);


--
-- Name: item_history_delete(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_history_delete() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
    INSERT INTO item_history (item_id, version, op, actor, action, before)
    SELECT id, version, 'D', item_history_actor(), item_history_action(), item_recorded(o, o.price) FROM old_items o;
    RETURN NULL;
END
$$;


--
-- Name: item_history_insert(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_history_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
    INSERT INTO item_history (item_id, version, op, actor, action)
    SELECT id, version, 'I', item_history_actor(), item_history_action() FROM new_items;
    RETURN NULL;
END
$$;


--
-- Name: item_history_update(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_history_update() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
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


--
-- Name: item_recorded(anyelement, numeric); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_recorded(item anyelement, price numeric) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT jsonb_set_lax(
        to_jsonb(jsonb_populate_record(
            item, jsonb_object(item_unrecorded(), array_fill(NULL::text, ARRAY[cardinality(item_unrecorded())]))
        )) - item_unrecorded(),
        '{price}', to_jsonb(price::text)
    )
$$;


--
-- Name: item_word_list(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_word_list(text text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(SELECT "left"(word.word, 200) AS "left" FROM regexp_split_to_table(casefold((item_word_list.text COLLATE pg_unicode_fast)), '[^[:alnum:]]+'::text) word(word) WHERE (word.word <> ''::text));


--
-- Name: item_search_query(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_search_query(q text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((SELECT string_agg(((''''::text || word.word) || ''':*'::text), ' & '::text) AS string_agg FROM unnest(public.item_word_list(item_search_query.q)) word(word)))::tsquery;


--
-- Name: item_stamp(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_stamp() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF current_setting('triptych.fills_terms', true) = 'on' AND session_user = 'triptych_owner' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.id <> OLD.id THEN
        RAISE EXCEPTION 'the id of an item never changes' USING ERRCODE = 'check_violation';
    END IF;
    NEW.version := nextval('public.item_version');
    NEW.updated_at := statement_timestamp();
    RETURN NEW;
END
$$;


--
-- Name: item_terms(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_terms(text text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    folded text := text;
    -- What separates words: what is no letter and no digit, and none of the marks that Unicode does not call alphabetic
    -- (the others are in [:alnum:] already; where one lies between two that are not, it is in their range, too).
    separator CONSTANT text := '[^[:alnum:]'
        '\u0300-\u0362\u0483-\u0489\u0591-\u05af\u0658\u06df-\u06e0\u06ea-\u06ec\u0740-\u074a\u07eb-\u07f3\u07fd'
        '\u0818-\u082d\u0859-\u085b\u0898-\u08e1\u08ea-\u0954\u09bc\u09cd\u09fe\u0a3c\u0a4d\u0abc\u0acd'
        '\u0afd-\u0aff\u0b3c\u0b4d\u0b55\u0bcd\u0c3c\u0c4d\u0cbc\u0ccd\u0d3b-\u0d3c\u0d4d\u0dca\u0e47-\u0e4e'
        '\u0eba\u0ec8-\u0ece\u0f18-\u0f19\u0f35\u0f37\u0f39\u0f3e-\u0f3f\u0f84\u0f86-\u0f87\u0fc6\u1037-\u103a'
        '\u135d-\u135f\u1714-\u1715\u1734\u17b4-\u17d3\u17dd\u180b-\u180d\u180f\u1939-\u193b\u1a60-\u1a7c\u1a7f'
        '\u1ab0-\u1acb\u1b34-\u1b44\u1b6b-\u1b73\u1baa-\u1bf3\u1c37\u1cd0-\u1cd2\u1cd4-\u1cf9\u1dc0-\u1dff'
        '\u20d0-\u20f0\u2cef-\u2cf1\u2d7f\u302a-\u302f\u3099-\u309a\ua66f-\ua672\ua67c-\ua67d\ua6f0-\ua6f1\ua806'
        '\ua82c\ua8c4\ua8e0-\ua8f1\ua92b-\ua92d\ua953\ua9b3-\ua9c0\uaabf-\uaac1\uaaf6\uabec-\uabed\ufe00-\ufe0f'
        '\ufe20-\ufe2f\U000101fd\U000102e0\U00010a38-\U00010a3a\U00010a3f\U00010ae5-\U00010ae6'
        '\U00010d6a-\U00010d6d\U00010efd-\U00010eff\U00010f46-\U00010f50\U00010f82-\U00010f85\U00011046\U00011070'
        '\U0001107f-\U000110ba\U00011133-\U00011134\U00011173\U000111c0\U000111c9-\U000111cc\U00011235-\U00011236'
        '\U000112e9-\U000112ea\U0001133b-\U0001133c\U0001134d\U00011366-\U0001136c\U00011370-\U00011374'
        '\U000113ce-\U000113d2\U000113e1-\U000113e2\U00011442-\U00011446\U0001145e\U000114c2-\U000114c3'
        '\U000115bf-\U000115c0\U0001163f\U000116b6-\U000116b7\U0001172b\U00011839-\U0001183a\U0001193d-\U00011943'
        '\U000119e0\U00011a33-\U00011a34\U00011a47\U00011a98-\U00011a99\U00011c3f\U00011d42-\U00011d45\U00011d97'
        '\U00011f41-\U00011f42\U00011f5a\U00013440-\U00013455\U0001612f\U00016af0-\U00016af4\U00016b30-\U00016b36'
        '\U00016fe4\U0001bc9d\U0001cf00-\U0001cf2d\U0001cf30-\U0001cf46\U0001d165-\U0001d169\U0001d16d-\U0001d172'
        '\U0001d17b-\U0001d182\U0001d185-\U0001d18b\U0001d1aa-\U0001d1ad\U0001d242-\U0001d244'
        '\U0001da00-\U0001da36\U0001da3b-\U0001da6c\U0001da75\U0001da84\U0001da9b-\U0001da9f\U0001daa1-\U0001daaf'
        '\U0001e130-\U0001e136\U0001e2ae\U0001e2ec-\U0001e2ef\U0001e4ec-\U0001e4ef\U0001e5ee-\U0001e5ef'
        '\U0001e8d0-\U0001e8d6\U0001e944-\U0001e94a\U000e0100-\U000e01ef'
        ']+';
BEGIN
    -- to ask costs less than to do, and nearly always there is nothing to do
    IF folded IS NOT NFC NORMALIZED THEN
        folded := normalize(folded, NFC);
    END IF;
    -- casefolded, the dotted capital of Turkish is an i and its dot
    folded := replace(casefold(folded COLLATE pg_unicode_fast), U&'i\0307', 'i');
    IF folded IS NOT NFC NORMALIZED THEN
        folded := normalize(folded, NFC);
    END IF;
    -- Of a word that is too long for a lexeme (2,046 bytes) as much is kept as a `q` of 200 characters can ask for: they
    -- become 600 of a byte each at the most, and where a word's characters have more bytes, fewer.
    RETURN ARRAY(
        SELECT CASE
            WHEN octet_length(word) <= 2046 THEN word
            WHEN octet_length(left(word, 600)) <= 2046 THEN left(word, 600)
            ELSE left(word, 511)
        END
        FROM regexp_split_to_table(folded COLLATE pg_unicode_fast, separator) AS word
        WHERE word <> ''
    );
END
$$;


--
-- Name: item_terms_query(text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_terms_query(q text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ((SELECT string_agg(((''''::text || term.term) || ''':*'::text), ' & '::text) AS string_agg FROM unnest(public.item_terms(item_terms_query.q)) term(term)))::tsquery;


--
-- Name: item_terms_set(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_terms_set() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.terms IS NOT NULL AND NEW.name = OLD.name AND NEW.description = OLD.description THEN
        NEW.terms := OLD.terms;
    ELSE
        NEW.terms := array_to_tsvector(item_terms(NEW.name || ' ' || NEW.description));
    END IF;
    RETURN NEW;
END
$$;


--
-- Name: item_unrecorded(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_unrecorded() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{id,version,created_at,updated_at,search,terms}'::text[];


--
-- Name: item_version_grows(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_version_grows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
DECLARE
    -- for each row by itself: joined, a thousand rows could meet all of the history
    late bigint[] := ARRAY(
        SELECT id FROM new_items
        WHERE version < (SELECT max(past.version) FROM item_history AS past WHERE past.item_id = new_items.id)
    );
BEGIN
    IF late <> '{}' THEN
        UPDATE items SET version = DEFAULT WHERE id = ANY (late);
    END IF;
    RETURN NULL;
END
$$;


--
-- Name: item_words(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.item_words(name text, description text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_to_tsvector(public.item_word_list(((name || ' '::text) || description)));


--
-- Name: applied_migrations; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.applied_migrations AS
 SELECT app,
    name
   FROM public.django_migrations;


--
-- Name: categories; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.categories (
    slug character varying(64) NOT NULL COLLATE pg_catalog."C",
    name character varying(100) NOT NULL,
    CONSTRAINT category_name_not_empty CHECK ((NOT ((name)::text = ''::text))),
    CONSTRAINT category_slug_form CHECK (((slug)::text ~ '^[a-z0-9-]{1,64}$'::text))
);


--
-- Name: item_change_seq_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.item_change ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.item_change_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: item_feed_life; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.item_feed_life (
    one boolean DEFAULT true NOT NULL,
    token uuid DEFAULT gen_random_uuid() NOT NULL,
    CONSTRAINT item_feed_life_one_check CHECK (one)
);


--
-- Name: item_feed_state; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.item_feed_state (
    one boolean DEFAULT true NOT NULL,
    home text DEFAULT public.item_feed_home() NOT NULL,
    trimmed xid8 DEFAULT '0'::xid8 NOT NULL,
    mark xid8 DEFAULT pg_snapshot_xmin(pg_current_snapshot()) NOT NULL,
    marked_at timestamp with time zone DEFAULT now() NOT NULL,
    life text,
    CONSTRAINT item_feed_state_one_check CHECK (one)
);


--
-- Name: item_version; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.item_version
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: items; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.items (
    id bigint NOT NULL,
    name character varying(100) NOT NULL COLLATE pg_catalog."C",
    description text NOT NULL,
    price numeric(10,2) NOT NULL,
    sku character varying(64),
    version bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    search tsvector GENERATED ALWAYS AS (public.item_words((name)::text, description)) STORED,
    category character varying(64) COLLATE pg_catalog."C",
    terms tsvector,
    CONSTRAINT item_description_length CHECK ((length(description) <= 100000)),
    CONSTRAINT item_name_not_empty CHECK ((NOT ((name)::text = ''::text))),
    CONSTRAINT item_price_range CHECK (((price >= (0)::numeric) AND (price < (100000000)::numeric))),
    CONSTRAINT item_sku_not_empty CHECK ((NOT (((sku)::text = ''::text) AND (sku IS NOT NULL))))
);


--
-- Name: items_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.items ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.items_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: categories categories_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_pkey PRIMARY KEY (slug);


--
-- Name: item_change item_change_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.item_change
    ADD CONSTRAINT item_change_pkey PRIMARY KEY (seq);


--
-- Name: item_feed_life item_feed_life_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.item_feed_life
    ADD CONSTRAINT item_feed_life_pkey PRIMARY KEY (one);


--
-- Name: item_feed_state item_feed_state_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.item_feed_state
    ADD CONSTRAINT item_feed_state_pkey PRIMARY KEY (one);


--
-- Name: items item_sku_unique; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.items
    ADD CONSTRAINT item_sku_unique UNIQUE (sku);


--
-- Name: items items_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_pkey PRIMARY KEY (id);


--
-- Name: categories_slug_9bedfe6b_like; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX categories_slug_9bedfe6b_like ON public.categories USING btree (slug varchar_pattern_ops);


--
-- Name: item_by_category; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_category ON public.items USING btree (category, id);


--
-- Name: item_by_category_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_category_name ON public.items USING btree (category, name, id);


--
-- Name: item_by_category_price; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_category_price ON public.items USING btree (category, price, id);


--
-- Name: item_by_category_updated_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_category_updated_at ON public.items USING btree (category, updated_at, id);


--
-- Name: item_by_name; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_name ON public.items USING btree (name, id);


--
-- Name: item_by_price; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_price ON public.items USING btree (price, id);


--
-- Name: item_by_search; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_search ON public.items USING gin (search);


--
-- Name: item_by_terms; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_terms ON public.items USING gin (terms);


--
-- Name: item_by_updated_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_by_updated_at ON public.items USING btree (updated_at, id);


--
-- Name: item_change_by_tx; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX item_change_by_tx ON public.item_change USING btree (tx);


--
-- Name: categories category_slug_is_forever; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER category_slug_is_forever BEFORE UPDATE ON public.categories FOR EACH ROW WHEN (((new.slug)::text <> (old.slug)::text)) EXECUTE FUNCTION public.category_slug_is_forever();

ALTER TABLE public.categories ENABLE ALWAYS TRIGGER category_slug_is_forever;


--
-- Name: items item_change_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_change_delete AFTER DELETE ON public.items REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.item_change_record();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_change_delete;


--
-- Name: items item_change_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_change_insert AFTER INSERT ON public.items REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.item_change_record();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_change_insert;


--
-- Name: items item_change_move; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_change_move AFTER UPDATE ON public.items FOR EACH ROW WHEN (((old.category IS NOT NULL) AND ((old.category)::text IS DISTINCT FROM (new.category)::text))) EXECUTE FUNCTION public.item_change_record_move();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_change_move;


--
-- Name: items item_change_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_change_truncate AFTER TRUNCATE ON public.items FOR EACH STATEMENT EXECUTE FUNCTION public.item_change_record();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_change_truncate;


--
-- Name: items item_change_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_change_update AFTER UPDATE ON public.items REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.item_change_record();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_change_update;


--
-- Name: items item_history_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_history_delete AFTER DELETE ON public.items REFERENCING OLD TABLE AS old_items FOR EACH STATEMENT EXECUTE FUNCTION public.item_history_delete();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_history_delete;


--
-- Name: items item_history_insert; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_history_insert AFTER INSERT ON public.items REFERENCING NEW TABLE AS new_items FOR EACH STATEMENT EXECUTE FUNCTION public.item_history_insert();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_history_insert;


--
-- Name: items item_history_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_history_update AFTER UPDATE ON public.items REFERENCING OLD TABLE AS old_items NEW TABLE AS new_items FOR EACH STATEMENT EXECUTE FUNCTION public.item_history_update();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_history_update;


--
-- Name: items item_stamp; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_stamp BEFORE INSERT OR UPDATE ON public.items FOR EACH ROW EXECUTE FUNCTION public.item_stamp();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_stamp;


--
-- Name: items item_terms; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_terms BEFORE INSERT OR UPDATE ON public.items FOR EACH ROW EXECUTE FUNCTION public.item_terms_set();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_terms;


--
-- Name: items item_version_grows; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER item_version_grows AFTER INSERT ON public.items REFERENCING NEW TABLE AS new_items FOR EACH STATEMENT EXECUTE FUNCTION public.item_version_grows();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER item_version_grows;


--
-- Name: items items_category_afc9965c_fk_categories_slug; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.items
    ADD CONSTRAINT items_category_afc9965c_fk_categories_slug FOREIGN KEY (category) REFERENCES public.categories(slug) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: -
--

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO admin_django;
GRANT USAGE ON SCHEMA public TO simple_flask;
GRANT USAGE ON SCHEMA public TO api_fastapi;


--
-- Name: FUNCTION category_slug_is_forever(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.category_slug_is_forever() FROM PUBLIC;


--
-- Name: FUNCTION item_change_record(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_change_record() FROM PUBLIC;


--
-- Name: FUNCTION item_change_record_move(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_change_record_move() FROM PUBLIC;


--
-- Name: FUNCTION item_feed_attend(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_feed_attend() FROM PUBLIC;
GRANT ALL ON FUNCTION public.item_feed_attend() TO api_fastapi;


--
-- Name: TABLE item_change; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.item_change TO api_fastapi;


--
-- Name: FUNCTION item_feed_home(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_feed_home() FROM PUBLIC;


--
-- Name: FUNCTION item_history_action(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_history_action() FROM PUBLIC;


--
-- Name: FUNCTION item_history_actor(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_history_actor() FROM PUBLIC;


--
-- Name: FUNCTION item_history_delete(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_history_delete() FROM PUBLIC;


--
-- Name: FUNCTION item_history_insert(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_history_insert() FROM PUBLIC;


--
-- Name: FUNCTION item_history_update(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_history_update() FROM PUBLIC;


--
-- Name: FUNCTION item_recorded(item anyelement, price numeric); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_recorded(item anyelement, price numeric) FROM PUBLIC;


--
-- Name: FUNCTION item_word_list(text text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_word_list(text text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.item_word_list(text text) TO admin_django;
GRANT ALL ON FUNCTION public.item_word_list(text text) TO simple_flask;
GRANT ALL ON FUNCTION public.item_word_list(text text) TO api_fastapi;


--
-- Name: FUNCTION item_search_query(q text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_search_query(q text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.item_search_query(q text) TO admin_django;
GRANT ALL ON FUNCTION public.item_search_query(q text) TO simple_flask;
GRANT ALL ON FUNCTION public.item_search_query(q text) TO api_fastapi;


--
-- Name: FUNCTION item_stamp(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_stamp() FROM PUBLIC;


--
-- Name: FUNCTION item_terms(text text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_terms(text text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.item_terms(text text) TO admin_django;
GRANT ALL ON FUNCTION public.item_terms(text text) TO simple_flask;
GRANT ALL ON FUNCTION public.item_terms(text text) TO api_fastapi;


--
-- Name: FUNCTION item_terms_query(q text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_terms_query(q text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.item_terms_query(q text) TO admin_django;
GRANT ALL ON FUNCTION public.item_terms_query(q text) TO simple_flask;
GRANT ALL ON FUNCTION public.item_terms_query(q text) TO api_fastapi;


--
-- Name: FUNCTION item_terms_set(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_terms_set() FROM PUBLIC;


--
-- Name: FUNCTION item_unrecorded(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_unrecorded() FROM PUBLIC;


--
-- Name: FUNCTION item_version_grows(); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_version_grows() FROM PUBLIC;


--
-- Name: FUNCTION item_words(name text, description text); Type: ACL; Schema: public; Owner: -
--

REVOKE ALL ON FUNCTION public.item_words(name text, description text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.item_words(name text, description text) TO admin_django;


--
-- Name: TABLE applied_migrations; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.applied_migrations TO admin_django;
GRANT SELECT ON TABLE public.applied_migrations TO simple_flask;
GRANT SELECT ON TABLE public.applied_migrations TO api_fastapi;


--
-- Name: TABLE categories; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,MAINTAIN,UPDATE ON TABLE public.categories TO admin_django;
GRANT SELECT ON TABLE public.categories TO simple_flask;
GRANT SELECT ON TABLE public.categories TO api_fastapi;


--
-- Name: TABLE item_feed_life; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.item_feed_life TO api_fastapi;


--
-- Name: TABLE item_feed_state; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT ON TABLE public.item_feed_state TO api_fastapi;


--
-- Name: SEQUENCE item_version; Type: ACL; Schema: public; Owner: -
--

GRANT USAGE ON SEQUENCE public.item_version TO admin_django;


--
-- Name: TABLE items; Type: ACL; Schema: public; Owner: -
--

GRANT SELECT,INSERT,DELETE,MAINTAIN,UPDATE ON TABLE public.items TO admin_django;
GRANT SELECT ON TABLE public.items TO simple_flask;
GRANT SELECT ON TABLE public.items TO api_fastapi;


--
-- Name: SEQUENCE items_id_seq; Type: ACL; Schema: public; Owner: -
--

GRANT USAGE ON SEQUENCE public.items_id_seq TO admin_django;


--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: -
--

ALTER DEFAULT PRIVILEGES FOR ROLE triptych_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;


--
-- PostgreSQL database dump complete
--

\unrestrict triptych

