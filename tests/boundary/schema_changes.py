"""Every kind of change that docs/expand-contract.md allows, as migrations make them: in transactions, by the owner.

A change is a list of transactions; where it says CONCURRENTLY, there is none around it. Each leaves everything as old
code needs it, and what it adds is dropped again in the last, as a contract does.
"""

Changes = dict[str, list[str]]

CHANGES: Changes = {
    "add and drop a nullable column": [
        "ALTER TABLE items ADD COLUMN weight integer; ALTER TABLE categories ADD COLUMN title varchar(100);"
        "ALTER TABLE item_change ADD COLUMN note text; ALTER TABLE idempotency_keys ADD COLUMN note text",
        "ALTER TABLE items DROP COLUMN weight; ALTER TABLE categories DROP COLUMN title;"
        "ALTER TABLE item_change DROP COLUMN note; ALTER TABLE idempotency_keys DROP COLUMN note",
    ],
    "add and drop a column with a default of the database": [
        "ALTER TABLE items ADD COLUMN stock integer NOT NULL DEFAULT 0",
        "ALTER TABLE categories ADD COLUMN rank integer NOT NULL DEFAULT 0",
        "ALTER TABLE items ALTER COLUMN stock SET DEFAULT 1",
        "ALTER TABLE items DROP COLUMN stock; ALTER TABLE categories DROP COLUMN rank",
    ],
    "make a varchar longer": [
        "ALTER TABLE items ALTER COLUMN sku TYPE varchar({length})",
        "ALTER TABLE categories ALTER COLUMN name TYPE varchar({length})",
        'ALTER TABLE item_change ALTER COLUMN left_category TYPE varchar({length}) COLLATE "C"',
        "ALTER TABLE idempotency_keys ALTER COLUMN key TYPE varchar({length})",
        "ALTER TABLE signing_keys ALTER COLUMN kid TYPE varchar({length})",
        "ALTER TABLE auth_user ALTER COLUMN first_name TYPE varchar({length})",
    ],
    "make a varchar longer that a trigger depends on": [
        "DO $$ DECLARE it text; BEGIN"
        " SELECT pg_get_triggerdef(oid) INTO it FROM pg_trigger WHERE tgname = 'item_change_move';"
        " DROP TRIGGER item_change_move ON items;"
        ' ALTER TABLE items ALTER COLUMN category TYPE varchar({length}) COLLATE "C";'
        " EXECUTE it; ALTER TABLE items ENABLE ALWAYS TRIGGER item_change_move; END $$",
    ],
    "make a varchar longer that a view shows": [
        "DROP VIEW applied_migrations; ALTER TABLE django_migrations ALTER COLUMN name TYPE varchar({length});"
        "CREATE VIEW applied_migrations AS SELECT app, name FROM django_migrations;"
        "GRANT SELECT ON applied_migrations TO admin_django, simple_flask, api_fastapi",
    ],
    "a view that shows more": [
        "CREATE OR REPLACE VIEW applied_migrations AS SELECT app, name, applied FROM django_migrations",
        "DROP VIEW applied_migrations; CREATE VIEW applied_migrations AS SELECT app, name FROM django_migrations;"
        "GRANT SELECT ON applied_migrations TO admin_django, simple_flask, api_fastapi",
    ],
    "add and drop an index concurrently": [
        "CREATE INDEX CONCURRENTLY items_description ON items (left(description, 20))",
        "CREATE INDEX CONCURRENTLY items_price_again ON items (price, id)",
        "DROP INDEX CONCURRENTLY items_price_again",
        "DROP INDEX CONCURRENTLY items_description",
        "REINDEX INDEX CONCURRENTLY items_pkey",
    ],
    "add a unique constraint by an index": [
        "CREATE UNIQUE INDEX CONCURRENTLY categories_slug_name ON categories (slug, name)",
        "ALTER TABLE categories ADD CONSTRAINT categories_slug_name UNIQUE USING INDEX categories_slug_name",
        "ALTER TABLE categories DROP CONSTRAINT categories_slug_name",
    ],
    "add a constraint, validate it, drop it": [
        "ALTER TABLE items ADD CONSTRAINT price_is_no_joke CHECK (price < 99999999) NOT VALID",
        "ALTER TABLE items VALIDATE CONSTRAINT price_is_no_joke",
        "ALTER TABLE items DROP CONSTRAINT price_is_no_joke",
        "ALTER TABLE categories ADD COLUMN title varchar(100) DEFAULT ''",
        "ALTER TABLE categories ADD CONSTRAINT title_not_null NOT NULL title NOT VALID",
        "ALTER TABLE categories VALIDATE CONSTRAINT title_not_null",
        "ALTER TABLE categories DROP COLUMN title",
    ],
    "add a table that refers to the items, and drop it": [
        "CREATE TABLE item_note (id bigint PRIMARY KEY, item bigint, note text)",
        "ALTER TABLE item_note ADD CONSTRAINT of_item FOREIGN KEY (item) REFERENCES items ON DELETE CASCADE NOT VALID",
        "ALTER TABLE item_note VALIDATE CONSTRAINT of_item",
        "DROP TABLE item_note",
    ],
    "a trigger that comes and goes": [
        "ALTER TABLE items ADD COLUMN seen timestamptz;"
        "CREATE FUNCTION item_seen() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.seen := now(); RETURN NEW; END $$;"
        "CREATE TRIGGER item_seen BEFORE INSERT OR UPDATE ON items FOR EACH ROW EXECUTE FUNCTION item_seen();"
        "ALTER TABLE items ENABLE ALWAYS TRIGGER item_seen",
        "DROP TRIGGER item_seen ON items; DROP FUNCTION item_seen(); ALTER TABLE items DROP COLUMN seen",
    ],
    "a function of a trigger replaced": [
        "DO $$ BEGIN"
        " EXECUTE replace(pg_get_functiondef('item_stamp'::regproc), 'RETURN NEW', '/**/ RETURN NEW'); END $$",
        "DO $$ BEGIN EXECUTE pg_get_functiondef('item_history_update'::regproc); END $$",
    ],
    "a function of the reads replaced": [
        "DO $$ BEGIN EXECUTE pg_get_functiondef('item_search_query'::regproc); END $$",
        "DO $$ BEGIN EXECUTE pg_get_functiondef('item_feed_attend'::regproc); END $$",
    ],
    "a function of the reads dropped and made again": [
        "DO $$ DECLARE it text := pg_get_functiondef('item_search_query'::regproc); BEGIN"
        " DROP FUNCTION item_search_query; EXECUTE it;"
        " GRANT EXECUTE ON FUNCTION item_search_query TO admin_django, simple_flask, api_fastapi; END $$",
    ],
    "statistics, storage, comments": [
        "CREATE STATISTICS items_together ON category, price FROM items",
        "ANALYZE items, categories",
        "DROP STATISTICS items_together",
        "ALTER TABLE items SET (fillfactor = 90); ALTER TABLE items RESET (fillfactor)",
        "COMMENT ON COLUMN items.sku IS 'what the shop calls it'; COMMENT ON COLUMN items.sku IS NULL",
    ],
}
