-- The filter `q`: every word of it must be the beginning of a word of the item's name or description. What a word is,
-- and when two are the same, says item_terms(), for both sides. It takes the place of item_word_list(), and the column
-- `terms` that of `search`, which the release before goes on reading: see docs/expand-contract.md.

-- A word is a run of letters, digits and combining marks; composed and decomposed, in small letters and in capitals, it
-- is the same. All of it is Unicode's, through the built-in collation pg_unicode_fast: no locale, no text-search parser
-- and no dictionary has a say.
CREATE FUNCTION item_terms(text text) RETURNS text[]
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

-- NULL, which matches nothing, where `q` has no word. A word holds no quote, so none can end the lexeme early.
CREATE FUNCTION item_terms_query(q text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT string_agg('''' || term || ''':*', ' & ') FROM unnest(item_terms(q)) AS term)::tsquery;

-- Not generated as `search` is: a generated column is computed for all rows at once, and locks everybody out meanwhile.
ALTER TABLE items ADD COLUMN terms tsvector;

-- As the owner, so that it may call what a writer was not yet granted. Nobody can write other terms than these.
CREATE FUNCTION item_terms_set() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
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

CREATE TRIGGER item_terms BEFORE INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION item_terms_set();
ALTER TABLE items ENABLE ALWAYS TRIGGER item_terms;

-- The rows that are there get their terms in the next migration. Nothing else happens to them by that: no version, no
-- history, nothing for those who follow the changes. Only the owner can say so, who could switch the triggers off, too.
-- The condition goes when every row has its terms: with the next release.
CREATE OR REPLACE FUNCTION item_stamp() RETURNS trigger
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

CREATE OR REPLACE FUNCTION item_history_update() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET enable_nestloop = off
AS $$
BEGIN
    IF current_setting('triptych.fills_terms', true) = 'on' AND session_user = 'triptych_owner' THEN
        RETURN NULL;
    END IF;
    INSERT INTO item_history (item_id, version, op, actor, action, before, after)
    SELECT n.id, n.version, 'U', item_history_actor(), item_history_action(), changed.before, changed.after
    FROM old_items o
    JOIN new_items n USING (id)
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(field, was) AS before, jsonb_object_agg(field, is_now) AS after
        FROM (VALUES
            ('name', to_jsonb(o.name), to_jsonb(n.name)),
            ('description', to_jsonb(o.description), to_jsonb(n.description)),
            ('price', to_jsonb(o.price::text), to_jsonb(n.price::text)),
            ('sku', to_jsonb(o.sku), to_jsonb(n.sku)),
            ('category', to_jsonb(o.category), to_jsonb(n.category))
        ) AS fields (field, was, is_now)
        WHERE was IS DISTINCT FROM is_now
    ) AS changed;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION item_change_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
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
