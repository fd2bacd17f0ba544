import RLSCore

/// The SQL of the catalog. Values are always bound, never part of the text. Statements over many names take them as arrays of
/// heads and tails, and give back which of them a row is about.
enum CatalogSQL {
    static func column(_ kind: NameKind) -> String { kind == .lfn ? "lfn" : "pfn" }

    // MARK: State

    /// What is acknowledged shall be on disk, whatever the database's setting.
    static let lockState = """
        SELECT change, is_logged, lfns, pfns, mappings, CASE WHEN current_setting('synchronous_commit') = 'off'
            THEN set_config('synchronous_commit', 'on', true) END FROM lrc.state FOR UPDATE
        """
    static let state = "SELECT change, lfns, pfns, mappings FROM lrc.state"
    static let commits = "SELECT commits FROM lrc.writer WHERE id = $1"
    static let setState = "UPDATE lrc.state SET change = $1, lfns = $2, pfns = $3, mappings = $4"
    static let setLogged = "UPDATE lrc.state SET is_logged = EXISTS (SELECT 1 FROM lrc.rli)"
    static let identity = "SELECT identity FROM lrc.state"
    static let log = "INSERT INTO lrc.change (number, events) VALUES ($1, $2)"
    static let changes = "SELECT number, events FROM lrc.change WHERE number > $1 ORDER BY number LIMIT 10"
    /// Of servers that have long ended.
    static let forgetWriters = "DELETE FROM lrc.writer WHERE written < now() - interval '30 days'"
    static let prune = "DELETE FROM lrc.change WHERE number <= $1"

    // MARK: Look-ups of many

    /// One mapping by the primary key. Were the target compared by itself, its index might be taken, and many names have one.
    private static let isMapping = """
        m.lfn = q.lfn AND (m.lfn, m.pfn) >= (q.lfn, q.pfn) AND (m.lfn, m.pfn) <= (q.lfn, q.pfn)
            AND m.lfn_tail = q.lfn_tail AND m.pfn_tail = q.pfn_tail
        """

    static let whichMappings = """
        SELECT q.i FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])
            WITH ORDINALITY AS q (lfn, lfn_tail, pfn, pfn_tail, i),
        LATERAL (SELECT 1 FROM lrc.mapping m WHERE \(isMapping) LIMIT 1) found
        """

    /// In how many mappings each name is, counted up to a cap of its own; names in none give no row.
    static func howOften(_ kind: NameKind) -> String {
        let name = column(kind)
        return """
            SELECT q.i, found.n FROM unnest($1::bytea[], $2::bytea[], $3::bigint[])
                WITH ORDINALITY AS q (name, tail, cap, i),
            LATERAL (SELECT count(*) AS n FROM (SELECT 1 FROM lrc.mapping m
                WHERE m.\(name) = q.name AND m.\(name)_tail = q.tail LIMIT q.cap) r) found
            WHERE found.n > 0
            """
    }

    /// Partners of all the names, in no order, up to $2 in all, without their tails: the primary key has all that is asked for,
    /// and no table is read. A row of a name or a partner with a tail says so in `tails`.
    static let fewTargets = """
        SELECT q.i, m.pfn, m.tails FROM unnest($1::bytea[]) WITH ORDINALITY AS q (name, i), lrc.mapping m
        WHERE m.lfn = q.name LIMIT $2
        """

    /// The same where partitions are on other servers: each server is asked once for all names, and not once for each. It tells
    /// the name instead of its place.
    static let fewTargetsOfServers = "SELECT lfn, pfn, tails FROM lrc.mapping WHERE lfn = ANY($1::bytea[]) LIMIT $2"

    /// Partners of each name, the first $3 of each by the heads' bytes.
    static func partnersOfMany(_ kind: NameKind) -> String {
        let (name, other) = (column(kind), column(kind.other))
        return """
            SELECT q.i, found.\(other), found.\(other)_tail FROM unnest($1::bytea[], $2::bytea[])
                WITH ORDINALITY AS q (name, tail, i),
            LATERAL (SELECT m.\(other), m.\(other)_tail FROM lrc.mapping m
                WHERE m.\(name) = q.name AND m.\(name)_tail = q.tail ORDER BY m.\(other) LIMIT $3) found
            """
    }

    static let valuesOfMany = """
        SELECT q.i, a.name, a.value_type, v.integer_value, v.float_value, v.string_value
        FROM unnest($2::bytea[], $3::bytea[]) WITH ORDINALITY AS q (name, tail, i),
        LATERAL (SELECT attribute_id, integer_value, float_value, string_value FROM lrc.attribute_value
            WHERE name = q.name AND name_tail = q.tail OFFSET 0) v
        JOIN lrc.attribute a ON a.id = v.attribute_id
        WHERE a.object_type = $1 ORDER BY q.i, a.value_type, a.name
        """

    // MARK: Walks

    /// $1 and $2 the name; with `resumes`, $4 and $5 the partner to go on behind.
    static func partners(_ kind: NameKind, resumes: Bool) -> String {
        let (name, other) = (column(kind), column(kind.other))
        return "SELECT \(other), \(other)_tail FROM lrc.mapping WHERE \(name) = $1 AND \(name)_tail = $2"
            // With the name, so that the index that begins with it is taken.
            + (resumes ? " AND (\(name), \(other)) >= ($1, $4) AND (\(other), \(other)_tail) > ($4, $5)" : "")
            + " ORDER BY \(other), \(other)_tail LIMIT $3"
    }

    /// $2 and $3 the lower bound, exclusive when the walk `resumes`; with `hasUpper`, $4 and $5 the exclusive upper bound.
    static func walk(_ kind: NameKind, descending: Bool, resumes: Bool, hasUpper: Bool) -> String {
        let (name, other) = (column(kind), column(kind.other))
        let order = descending ? "DESC" : "ASC"
        return "SELECT \(name), \(name)_tail, \(other), \(other)_tail FROM lrc.mapping WHERE "
            + bounds(name, resumes: resumes, hasUpper: hasUpper)
            + " ORDER BY \(name) \(order), \(name)_tail \(order), \(other), \(other)_tail LIMIT $1"
    }

    /// The head alone is what the index knows; head and tail decide.
    private static func bounds(_ name: String, resumes: Bool, hasUpper: Bool) -> String {
        "\(name) >= $2 AND (\(name), \(name)_tail) \(resumes ? ">" : ">=") ($2, $3)"
            + (hasUpper ? " AND \(name) <= $4 AND (\(name), \(name)_tail) < ($4, $5)" : "")
    }

    /// A row for each mapping: to make them distinct here would cost a sort of all of them.
    static func lfns(resumes: Bool) -> String {
        "SELECT lfn, lfn_tail FROM lrc.mapping WHERE " + bounds("lfn", resumes: resumes, hasUpper: false)
            + " ORDER BY lfn, lfn_tail LIMIT $1"
    }

    // MARK: Changes of mappings

    static let insertMappings = """
        INSERT INTO lrc.mapping (lfn, lfn_tail, pfn, pfn_tail)
        SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])
        """
    static let deleteMappings = """
        DELETE FROM lrc.mapping m USING unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])
            AS q (lfn, lfn_tail, pfn, pfn_tail)
        WHERE \(isMapping)
        """
    /// Another logical name may belong to another partition, and an update cannot move a row to another server.
    static func rename(_ kind: NameKind) -> String {
        switch kind {
        case .lfn:
            """
            WITH moved AS (DELETE FROM lrc.mapping WHERE lfn = $1 AND lfn_tail = $2 RETURNING pfn, pfn_tail)
            INSERT INTO lrc.mapping (lfn, lfn_tail, pfn, pfn_tail) SELECT $3, $4, pfn, pfn_tail FROM moved
            """
        case .pfn: "UPDATE lrc.mapping SET pfn = $3, pfn_tail = $4 WHERE pfn = $1 AND pfn_tail = $2"
        }
    }
    static let renameValues = """
        UPDATE lrc.attribute_value v SET name = $3, name_tail = $4 FROM lrc.attribute a
        WHERE v.name = $1 AND v.name_tail = $2 AND a.id = v.attribute_id AND a.object_type = $5
        """
    static let clear = "TRUNCATE lrc.mapping, lrc.attribute_value"

    // MARK: Attributes

    static let attributes = "SELECT id, object_type, name, value_type FROM lrc.attribute ORDER BY object_type, name"
    static let insertAttribute = """
        INSERT INTO lrc.attribute (object_type, name, value_type) VALUES ($1::bigint, $2, $3::bigint) RETURNING id
        """
    static let deleteAttribute = "DELETE FROM lrc.attribute WHERE id = $1::bigint"
    static let attributeHasValues = "SELECT 1 FROM lrc.attribute_value WHERE attribute_id = $1::bigint LIMIT 1"

    /// Which of the objects have a value of the attribute.
    static let whichValues = """
        SELECT q.i FROM unnest($1::bigint[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS q (attribute, name, tail, i),
        LATERAL (SELECT 1 FROM lrc.attribute_value v WHERE v.name = q.name AND v.attribute_id = q.attribute
            AND v.name_tail = q.tail LIMIT 1) found
        """
    static func setValues(_ column: String, _ type: String) -> String {
        """
        INSERT INTO lrc.attribute_value (attribute_id, name, name_tail, \(column))
        SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::\(type)[])
        ON CONFLICT (name, attribute_id, tails) DO UPDATE SET \(column) = excluded.\(column)
        """
    }
    static let setIntegers = setValues("integer_value", "bigint")
    static let setFloats = setValues("float_value", "double precision")
    static let setStrings = setValues("string_value", "bytea")
    static let deleteValues = """
        DELETE FROM lrc.attribute_value v USING unnest($1::bigint[], $2::bytea[], $3::bytea[]) AS q (attribute, name, tail)
        WHERE v.name = q.name AND v.attribute_id = q.attribute AND v.name_tail = q.tail
        """
    /// All values of objects of the kind $1.
    static let forget = """
        DELETE FROM lrc.attribute_value v USING unnest($2::bytea[], $3::bytea[]) AS q (name, tail), lrc.attribute a
        WHERE v.name = q.name AND v.name_tail = q.tail AND a.id = v.attribute_id AND a.object_type = $1
        """
}
