import RLSCore
import RLSStorage

/// Queries over the original's tables, for servers of any version. Only numbers are compared.
enum OriginalSQL {
    /// $1 and $2 the position, $3 how many. Rows are chosen before their names are looked up.
    static let mappings = """
        SELECT m.lfn_id::bigint, m.pfn_id::bigint, l.name, p.name FROM (
            SELECT lfn_id, pfn_id FROM t_map WHERE lfn_id >= $1 AND (lfn_id, pfn_id) > ($1, $2)
            ORDER BY lfn_id, pfn_id LIMIT $3) m
        LEFT JOIN t_lfn l ON l.id = m.lfn_id LEFT JOIN t_pfn p ON p.id = m.pfn_id
        ORDER BY m.lfn_id, m.pfn_id
        """
    static let back = """
        SELECT lfn_id::bigint, pfn_id::bigint FROM t_map WHERE lfn_id <= $1 AND (lfn_id, pfn_id) < ($1, $2)
        ORDER BY lfn_id DESC, pfn_id DESC LIMIT 1 OFFSET $3
        """
    static let lastLFN = "SELECT max(lfn_id)::bigint FROM t_map"
    /// What the last ANALYZE or VACUUM has counted.
    static let estimate = """
        SELECT c.reltuples::bigint FROM pg_catalog.pg_class c
        WHERE c.relname = 't_map' AND pg_catalog.pg_table_is_visible(c.oid)
        """
    static let targets = """
        SELECT count(*) FROM (SELECT DISTINCT pfn_id FROM t_map) m JOIN t_pfn p ON p.id = m.pfn_id
        WHERE octet_length(p.name) BETWEEN $1 AND $2
        """
    static let attributes = "SELECT id::bigint, name, objtype::bigint, type::bigint FROM t_attribute ORDER BY id"

    /// A cursor needs no index and no order.
    static func declareValues(of type: AttributeType, on kind: NameKind) -> String {
        let (names, column) = (OriginalTable.names(kind), OriginalTable.column(kind))
        return """
            DECLARE rls_values NO SCROLL CURSOR FOR
            SELECT v.attr_id::bigint, o.name, EXISTS (SELECT 1 FROM t_map WHERE \(column) = o.id), v.value::\(cast(type))
            FROM \(OriginalTable.values(type)) v
            JOIN t_attribute a ON a.id = v.attr_id LEFT JOIN \(names) o ON o.id = v.obj_id
            WHERE a.objtype = \(kind.rawValue) AND a.type = \(type.rawValue)
            """
    }
    static let fetchValues = "FETCH 2000 FROM rls_values"

    private static func cast(_ type: AttributeType) -> String {
        switch type {
        case .int: "bigint"
        case .float: "double precision"
        case .date, .string: "text"
        }
    }

    static let rlis = "SELECT id::bigint, name, flags::bigint FROM t_rli ORDER BY id"
    static let patterns = "SELECT rli_id::bigint, pattern FROM t_rlipartition"
}
