-- The filter `q`: every word of it must be the beginning of a word of the item's name or description.
-- A word is a run of letters and digits, compared without regard to case. Both come from Unicode's tables through the
-- built-in collation pg_unicode_fast, so that the answer does not depend on the locale of the database, and a word is
-- a plain lexeme that no text-search parser or dictionary has bent: searching needs no configuration either.

CREATE FUNCTION item_word_list(text text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
-- 200 characters are the longest `q`, and keep a lexeme below its limit of 2 kB
RETURN ARRAY(
    SELECT left(word, 200)
    FROM regexp_split_to_table(casefold(text COLLATE pg_unicode_fast), '[^[:alnum:]]+') AS word
    WHERE word <> ''
);

CREATE FUNCTION item_words(name text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_to_tsvector(item_word_list(name || ' ' || description));

-- NULL, which matches nothing, where `q` has no word. A word holds no quote, so none can end the lexeme early.
CREATE FUNCTION item_search_query(q text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT string_agg('''' || word || ''':*', ' & ') FROM unnest(item_word_list(q)) AS word)::tsquery;
