import RLSCore

/// The SQL of the catalog. Values are always bound, never part of the text.
enum CatalogSQL {
    static func hasName(_ kind: NameKind) -> String { "SELECT 1 FROM mapping WHERE \(column(kind)) = ?1 LIMIT 1" }
    static let hasMapping = "SELECT 1 FROM mapping WHERE lfn = ?1 AND pfn = ?2"
    static let insertMapping = "INSERT INTO mapping (lfn, pfn) VALUES (?1, ?2)"
    static let deleteMapping = "DELETE FROM mapping WHERE lfn = ?1 AND pfn = ?2"

    static func renameMapping(_ kind: NameKind) -> String {
        "UPDATE mapping SET \(column(kind)) = ?2 WHERE \(column(kind)) = ?1"
    }

    static func partners(_ kind: NameKind) -> String {
        "SELECT \(column(kind.other)) FROM mapping WHERE \(column(kind)) = ?1 ORDER BY \(column(kind.other))"
    }
    static func partnersAfter(_ kind: NameKind) -> String {
        let other = column(kind.other)
        return "SELECT \(other) FROM mapping WHERE \(column(kind)) = ?1 AND \(other) > ?2 ORDER BY \(other)"
    }

    /// ?1 is the lower bound. Bounds: with `upper`, ?2 is where names end (exclusive).
    static func mappings(_ kind: NameKind, order: String, lower: String, upper: Bool) -> String {
        let name = column(kind)
        let other = column(kind.other)
        return "SELECT \(name), \(other) FROM mapping WHERE \(name) \(lower) ?1"
            + (upper ? " AND \(name) < ?2" : "") + " ORDER BY \(name) \(order), \(other)"
    }

    static func column(_ kind: NameKind) -> String { kind == .lfn ? "lfn" : "pfn" }

    static func addToCounter(_ name: String) -> String {
        "UPDATE counter SET value = value + ?1 WHERE name = '\(name)'"
    }
    static let zeroCounters = "UPDATE counter SET value = 0"
    /// Three rows: lfn, mapping, pfn.
    static let counters = "SELECT value FROM counter ORDER BY name"

    static let attribute = "SELECT id, value_type FROM attribute WHERE object_type = ?1 AND name = ?2"
    static let attributes = "SELECT name, value_type FROM attribute WHERE object_type = ?1 ORDER BY name"
    static let insertAttribute = "INSERT INTO attribute (object_type, name, value_type) VALUES (?1, ?2, ?3)"
    static let deleteAttribute = "DELETE FROM attribute WHERE id = ?1"
    static let deleteAttributeValues = "DELETE FROM attribute_value WHERE attribute_id = ?1"
    static let attributeHasValues = "SELECT 1 FROM attribute_value WHERE attribute_id = ?1 LIMIT 1"

    static let object = "SELECT id FROM object WHERE object_type = ?1 AND name = ?2"
    static let insertObject = "INSERT INTO object (object_type, name) VALUES (?1, ?2) RETURNING id"
    static let renameObject = "UPDATE object SET name = ?3 WHERE object_type = ?1 AND name = ?2"
    static let deleteObject = "DELETE FROM object WHERE id = ?1"
    static let deleteObjectValues = "DELETE FROM attribute_value WHERE object_id = ?1"
    static let hasValue = "SELECT 1 FROM attribute_value WHERE object_id = ?1 AND attribute_id = ?2"
    static let setValue = """
        INSERT INTO attribute_value (object_id, attribute_id, value) VALUES (?1, ?2, ?3)
        ON CONFLICT (object_id, attribute_id) DO UPDATE SET value = excluded.value
        """
    static let deleteValue = "DELETE FROM attribute_value WHERE object_id = ?1 AND attribute_id = ?2"
    static let objectHasValues = "SELECT 1 FROM attribute_value WHERE object_id = ?1 LIMIT 1"

    static let values = """
        SELECT attribute.name, value_type, value
        FROM object JOIN attribute_value ON object_id = object.id JOIN attribute ON attribute_id = attribute.id
        WHERE object.object_type = ?1 AND object.name = ?2 ORDER BY value_type, attribute.name
        """

    /// ?1 attribute, ?2 and ?3 the operands, ?4 and ?5 the position to go on behind (value, object).
    static func search(_ condition: String, resumes: Bool) -> String {
        "SELECT object.name, value, object_id FROM attribute_value JOIN object ON object.id = object_id "
            + "WHERE attribute_id = ?1 \(condition)"
            + (resumes ? " AND (value, object_id) > (?4, ?5)" : "") + " ORDER BY value, object_id"
    }

    static let lfns = "SELECT lfn FROM mapping ORDER BY lfn"
    static let lfnsAfter = "SELECT lfn FROM mapping WHERE lfn > ?1 ORDER BY lfn"
    static let identity = "SELECT id FROM identity"
}
