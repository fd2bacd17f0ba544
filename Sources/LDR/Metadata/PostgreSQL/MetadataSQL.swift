/// Statements on the tables of schema/postgresql/001-ldr.sql.
enum MetadataSQL {
    // MARK: State

    static let state = "SELECT change, clock, epoch, site, files FROM ldr.state"
    /// Whatever the server does by default, a change that was committed is on its disk.
    static let lockedState = """
        SELECT change, clock, epoch, site, files, CASE WHEN current_setting('synchronous_commit') = 'off'
            THEN set_config('synchronous_commit', 'on', true) END FROM ldr.state FOR UPDATE
        """
    static let setState = "UPDATE ldr.state SET change = $1, clock = $2, epoch = $3, site = $4, files = $5"

    // MARK: Files

    private static let columns =
        "lfn, lfn_tail, is_deleted, size, adler32, md5, sha256, collection, attributes, clock, site, change"
    private static let prefixed = columns.split(separator: ", ").map { "f.\($0)" }.joined(separator: ", ")

    static let rowsOfNames = """
        SELECT \(prefixed) FROM unnest($1::bytea[], $2::bytea[]) AS q (lfn, lfn_tail)
        JOIN ldr.file f ON f.lfn = q.lfn AND f.lfn_tail = q.lfn_tail
        """

    static func changes(ofSite: Bool) -> String {
        "SELECT \(columns) FROM ldr.file WHERE change > $1 AND change <= $2" + (ofSite ? " AND site = $4" : "")
            + " ORDER BY change LIMIT $3"
    }

    static let liveRows = """
        SELECT \(columns) FROM ldr.file WHERE lfn >= $1 AND (lfn, lfn_tail) > ($1, $2) AND NOT is_deleted
        ORDER BY lfn, lfn_tail LIMIT $3
        """

    static let put = """
        INSERT INTO ldr.file (\(columns))
        SELECT lfn, lfn_tail, is_deleted <> 0, size, adler32, md5, sha256, collection, attributes, clock, site, change
        FROM unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[], $7::bytea[],
            $8::bytea[], $9::bytea[], $10::bigint[], $11::bytea[], $12::bigint[]) AS q (\(columns))
        ON CONFLICT (lfn, tails) DO UPDATE SET is_deleted = excluded.is_deleted, size = excluded.size,
            adler32 = excluded.adler32, md5 = excluded.md5, sha256 = excluded.sha256, collection = excluded.collection,
            attributes = excluded.attributes, clock = excluded.clock, site = excluded.site, change = excluded.change
        """

    // MARK: Peers

    private static let peer = "SELECT site, epoch, position, checked, changed, error FROM ldr.peer"
    static let peers = peer + " ORDER BY site"
    static let peerOfSite = peer + " WHERE site = $1"

    static let putPeer = """
        INSERT INTO ldr.peer (site, epoch, position, checked, changed, error)
        SELECT $1, $2, $3, $4, $5, NULLIF($6, ''::bytea)
        ON CONFLICT (site) DO UPDATE SET epoch = excluded.epoch, position = excluded.position,
            checked = excluded.checked, changed = excluded.changed, error = excluded.error
        """
}
