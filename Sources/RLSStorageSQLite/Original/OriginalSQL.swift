import RLSCore
import RLSStorage

/// Queries over the original's tables. Only numbers are compared. CROSS JOIN fixes the order of the loops: the first table is
/// walked, the others looked up by number.
enum OriginalSQL {
    /// ?1 and ?2 the position, ?3 how many. Rows are chosen before their names are looked up.
    static let mappings = """
        SELECT m.lfn_id, m.pfn_id, l.name, p.name FROM (
            SELECT lfn_id, pfn_id FROM t_map WHERE lfn_id >= ?1 AND (lfn_id, pfn_id) > (?1, ?2)
            ORDER BY lfn_id, pfn_id LIMIT ?3) m
        LEFT JOIN t_lfn l ON l.id = m.lfn_id LEFT JOIN t_pfn p ON p.id = m.pfn_id
        ORDER BY m.lfn_id, m.pfn_id
        """
    static let back = """
        SELECT lfn_id, pfn_id FROM t_map WHERE lfn_id <= ?1 AND (lfn_id, pfn_id) < (?1, ?2)
        ORDER BY lfn_id DESC, pfn_id DESC LIMIT 1 OFFSET ?3
        """
    static let lastLFN = "SELECT max(lfn_id) FROM t_map"
    /// As good as a count in tables that only grew; at once.
    static let estimate = "SELECT max(rowid) FROM t_map"
    static let targets = """
        SELECT count(*) FROM (SELECT DISTINCT pfn_id FROM t_map) m CROSS JOIN t_pfn p ON p.id = m.pfn_id
        WHERE length(CAST(p.name AS BLOB)) BETWEEN ?1 AND ?2
        """
    static let attributes = "SELECT id, name, objtype, type FROM t_attribute ORDER BY id"

    /// ?1 the row behind which to go on, ?2 how many.
    static func values(of type: AttributeType, on kind: NameKind) -> String {
        let (names, column) = (OriginalTable.names(kind), OriginalTable.column(kind))
        return """
            SELECT v.rowid, v.attr_id, o.name, EXISTS (SELECT 1 FROM t_map WHERE \(column) = o.id), v.value
            FROM \(OriginalTable.values(type)) v
            CROSS JOIN t_attribute a ON a.id = v.attr_id LEFT JOIN \(names) o ON o.id = v.obj_id
            WHERE v.rowid > ?1 AND a.objtype = \(kind.rawValue) AND a.type = \(type.rawValue)
            ORDER BY v.rowid LIMIT ?2
            """
    }

    static let rlis = "SELECT id, name, flags FROM t_rli ORDER BY id"
    static let patterns = "SELECT pattern FROM t_rlipartition WHERE rli_id = ?1"
}
