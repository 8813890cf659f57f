-- Every privilege in the database and every attribute of a role, one per row: (object, role, privilege).
-- Postgres' own objects are left out as far as they are as initdb made them; the superuser may do everything anyway.
WITH roles AS (
    SELECT rolname::text AS name, * FROM pg_roles WHERE oid <> 10 AND rolname !~ '^pg_'
),
schemas AS (
    SELECT nspname::text AS name, * FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
),
acls (object, owner, acl) AS (
    SELECT 'database', datdba, coalesce(datacl, acldefault('d', datdba))
    FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT 'schema ' || name, nspowner, coalesce(nspacl, acldefault('n', nspowner)) FROM schemas
    UNION ALL
    SELECT
        CASE c.relkind WHEN 'S' THEN 'sequence ' WHEN 'v' THEN 'view ' ELSE 'table ' END || c.oid::regclass,
        c.relowner, coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
    FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'S', 'f', 'p')
    UNION ALL
    SELECT format('column %s.%I', a.attrelid::regclass, a.attname), c.relowner, a.attacl
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN schemas s ON s.oid = c.relnamespace
    WHERE a.attacl IS NOT NULL
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
    FROM pg_proc p JOIN schemas s ON s.oid = p.pronamespace
    UNION ALL -- not the types that tables and arrays bring with them: they have no privileges of their own
    SELECT 'type ' || t.oid::regtype, t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
    FROM pg_type t JOIN schemas s ON s.oid = t.typnamespace WHERE t.typrelid = 0 AND t.typelem = 0
    UNION ALL
    SELECT
        format('new objects (%s) of %s%s', d.defaclobjtype, d.defaclrole::regrole, ' in ' || n.nspname),
        d.defaclrole, d.defaclacl
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
    UNION ALL
    SELECT 'parameter ' || parname, 10, paracl FROM pg_parameter_acl
    UNION ALL
    SELECT 'large object', lomowner, coalesce(lomacl, acldefault('L', lomowner)) FROM pg_largeobject_metadata
    UNION ALL
    SELECT 'language ' || lanname, lanowner, coalesce(lanacl, acldefault('l', lanowner)) FROM pg_language WHERE lanpltrusted
    UNION ALL
    SELECT 'foreign server ' || srvname, srvowner, coalesce(srvacl, acldefault('S', srvowner)) FROM pg_foreign_server
    UNION ALL -- Postgres' own, where somebody changed them; an empty list: nobody but the superuser
    SELECT 'function ' || p.oid::regprocedure, p.proowner, p.proacl
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'pg_catalog'
    LEFT JOIN pg_init_privs i ON i.objoid = p.oid AND i.classoid = 'pg_proc'::regclass
    WHERE p.proacl IS DISTINCT FROM i.initprivs
    UNION ALL
    SELECT 'table ' || c.oid::regclass, c.relowner, c.relacl
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'pg_catalog'
    LEFT JOIN pg_init_privs i ON i.objoid = c.oid AND i.classoid = 'pg_class'::regclass AND i.objsubid = 0
    WHERE c.relacl IS DISTINCT FROM i.initprivs
),
rights (object, role, privilege) AS (
    SELECT
        object,
        CASE WHEN given.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(given.grantee)::text END,
        given.privilege_type || CASE WHEN given.is_grantable THEN ' and may grant it' ELSE '' END
    FROM acls, aclexplode(acl) AS given
    WHERE given.grantee <> 10 AND given.grantee <> owner -- an owner may do everything
    UNION ALL
    SELECT object, CASE owner WHEN 10 THEN 'the superuser' ELSE pg_get_userbyid(owner)::text END, 'OWNER' FROM acls
    UNION ALL
    SELECT 'role', name, attribute
    FROM roles, unnest(array_remove(ARRAY[
        CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolsuper THEN 'SUPERUSER' END,
        CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
        CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
        CASE WHEN rolinherit THEN 'INHERIT' END, CASE WHEN rolconnlimit >= 0 THEN 'CONNECTION LIMIT' END
    ], NULL)) AS attribute
    UNION ALL
    SELECT 'role ' || m.roleid::regrole, m.member::regrole::text, 'MEMBER'
    FROM pg_auth_members m WHERE m.member IN (SELECT oid FROM roles) OR m.roleid IN (SELECT oid FROM roles)
    UNION ALL
    SELECT
        CASE WHEN s.setdatabase = 0 THEN 'settings' ELSE 'settings in ' || d.datname END,
        CASE WHEN s.setrole = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(s.setrole)::text END, setting
    FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS setting
    WHERE s.setdatabase = 0 OR d.datname = current_database()
)
SELECT object, role, string_agg(DISTINCT privilege, ', ' ORDER BY privilege)
FROM rights GROUP BY object, role ORDER BY object COLLATE "C", role COLLATE "C";
