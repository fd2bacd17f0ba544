import RLSStorage

/// The SQL of the index. Values are always bound, never part of the text.
enum IndexSQL {
    static let entries = "SELECT sender, first, last FROM entry WHERE lfn = ?1 ORDER BY sender"
    static let entriesAfter = "SELECT sender, first, last FROM entry WHERE lfn = ?1 AND sender > ?2 ORDER BY sender"

    /// ?1 is the lower bound; with `upper`, ?2 is where names end (exclusive).
    static func range(order: String, lower: String, upper: Bool) -> String {
        "SELECT lfn, sender, first, last FROM entry WHERE lfn \(lower) ?1" + (upper ? " AND lfn < ?2" : "")
            + " ORDER BY lfn \(order), sender"
    }

    static let entry = "SELECT first, last FROM entry WHERE lfn = ?1 AND sender = ?2"
    static let hasName = "SELECT 1 FROM entry WHERE lfn = ?1 LIMIT 1"
    static let insertEntry = "INSERT INTO entry (lfn, sender, first, last) VALUES (?1, ?2, ?3, ?4)"
    static let updateEntry = "UPDATE entry SET first = ?3, last = ?4 WHERE lfn = ?1 AND sender = ?2"
    static let deleteEntry = "DELETE FROM entry WHERE lfn = ?1 AND sender = ?2"
    static let purgeEntry = "DELETE FROM entry WHERE lfn = ?1 AND sender = ?2 AND first = ?3 AND last = ?4"

    static let senders = """
        SELECT id, url, instance, path, live, last_update, last_full, update_interval, names FROM sender ORDER BY id
        """
    static let putSender = """
        INSERT INTO sender (id, url, instance, path, live, last_update, last_full, update_interval, names)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (id) DO UPDATE SET path = excluded.path, live = excluded.live, last_update = excluded.last_update,
        last_full = excluded.last_full, update_interval = excluded.update_interval, names = excluded.names
        ON CONFLICT (url, instance) DO UPDATE SET id = excluded.id, path = excluded.path, live = excluded.live,
        last_update = excluded.last_update, last_full = excluded.last_full,
        update_interval = excluded.update_interval, names = excluded.names
        """
    static let removeSender = "DELETE FROM sender WHERE id = ?1"

    static let addToLFNs = "UPDATE counter SET value = value + ?1 WHERE name = 'lfn'"
    static let addToMappings = "UPDATE counter SET value = value + ?1 WHERE name = 'mapping'"
    /// Two rows: lfn, mapping.
    static let counters = "SELECT value FROM counter ORDER BY name"
}
