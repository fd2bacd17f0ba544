/// Databases of the original Globus RLS.
package enum OriginalSchema {
    /// A catalog's tables, in SQL for SQLite and PostgreSQL.
    package static let tables =
        ["lfn", "pfn"].map { "CREATE TABLE t_\($0) (id integer PRIMARY KEY, name varchar(250) UNIQUE, ref integer)" }
        + [
            "CREATE TABLE t_map (lfn_id integer, pfn_id integer, PRIMARY KEY (lfn_id, pfn_id))",
            "CREATE INDEX t_map_by_pfn ON t_map (pfn_id)",
            "CREATE TABLE t_attribute (id integer PRIMARY KEY, name varchar(250), objtype integer, type integer)",
            "CREATE TABLE t_rli (id integer PRIMARY KEY, flags integer, name varchar(250))",
            "CREATE TABLE t_rlipartition (rli_id integer, pattern varchar(250))",
        ]
        + [("str", "varchar(250)"), ("int", "integer"), ("flt", "double precision"), ("date", "timestamp")].map {
            "CREATE TABLE t_\($0)_attr (obj_id integer, attr_id integer, value \($1), PRIMARY KEY (obj_id, attr_id))"
        }

    /// So many mappings, of logical names with gaps between their numbers; the first name has 49 more.
    package static func numbers(_ count: Int) -> String {
        let sequence = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))"
        return """
            \(sequence) INSERT INTO t_lfn SELECT 7 + 3 * i, 'lfn' || (i * 7919 % 1000003), 1 FROM n;
            \(sequence) INSERT INTO t_pfn SELECT i, 'pfn' || (i * 7919 % 1000003), 1 FROM n;
            INSERT INTO t_map SELECT 7 + 3 * id, id FROM t_pfn;
            INSERT INTO t_map SELECT 10, id FROM t_pfn WHERE id BETWEEN 2 AND 50;
            """
    }
}
