import RLSCore

/// The SQL of the index. Values are always bound, never part of the text. Statements over many names take them as arrays of
/// heads and tails. Plans are made once, maybe while the tables are empty, and must do for full ones.
enum IndexSQL {
    // MARK: State

    static let lockState = "SELECT change, lfns, mappings FROM rli.state FOR UPDATE"
    static let state = "SELECT lfns, mappings FROM rli.state"
    static let commits = "SELECT commits FROM rli.writer WHERE id = $1"
    static let setState = "UPDATE rli.state SET change = $1, lfns = $2, mappings = $3"

    // MARK: Senders

    private static let senderColumns =
        "s.id, s.url, s.instance, s.path, s.live, s.generation, s.last_update, s.last_full, s.update_interval, s.names"
    static let senders = "SELECT \(senderColumns) FROM rli.sender s ORDER BY s.id"
    /// The state, and beside it all senders if its number is not $1.
    static let changedSenders = """
        SELECT state.change, state.lfns, state.mappings, \(senderColumns)
        FROM rli.state LEFT JOIN rli.sender s ON state.change <> $1 ORDER BY s.id
        """

    /// The same catalog by another number.
    static let removeNamesake = """
        DELETE FROM rli.sender WHERE sha256(url) = sha256($1) AND sha256(instance) = sha256($2) AND id <> $3
        """
    /// A server that has missed the end of a list must not bring back the one before. Where senders do not say when a list is
    /// whole, there is no list to be kept.
    static let putSender = """
        INSERT INTO rli.sender
            (id, url, instance, path, live, generation, last_update, last_full, update_interval, names)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (id) DO UPDATE SET path = excluded.path,
        live = CASE WHEN sender.instance = '' THEN excluded.live ELSE greatest(sender.live, excluded.live) END,
        generation = greatest(sender.generation, excluded.generation), last_update = excluded.last_update,
        last_full = excluded.last_full, update_interval = excluded.update_interval, names = excluded.names
        """
    static let removeSender = "DELETE FROM rli.sender WHERE id = $1"

    // MARK: Look-ups

    /// As the column `tails` is computed.
    private static let tails = "CASE WHEN q.tail = '' THEN ''::bytea ELSE sha256(q.tail) END"

    /// Entries of each name, by sender.
    static let entries = """
        SELECT q.i, found.sender, found.first, found.last
        FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS q (lfn, tail, i),
        LATERAL (SELECT sender, first, last FROM rli.entry e WHERE e.lfn = q.lfn AND e.tails = \(tails)
            ORDER BY e.sender) found
        """

    /// Conditions and order are as `IndexWalk` makes them; $1 is the limit.
    static func walk(where conditions: [String], descending: Bool) -> String {
        let order = descending ? "DESC" : "ASC"
        return "SELECT lfn, lfn_tail, sender, first, last FROM rli.entry WHERE "
            + conditions.joined(separator: " AND ") + " ORDER BY lfn \(order), lfn_tail \(order), sender LIMIT $1"
    }

    // MARK: Changes of entries

    /// Names without repeats, of sender $3 in generation $4; what is visible from $5 to $6 keeps its beginning. Tells how many
    /// entries, and how many names, are new.
    ///
    /// New entries are not told by `ON CONFLICT`, which would cost them more and not say which they are. Nobody else changes
    /// entries in between: the state is locked.
    static let put = """
        WITH old AS MATERIALIZED (
            SELECT q.lfn, q.tail, e.first, e.last,
                CASE WHEN e.first <= $6 AND e.last >= $5 THEN least(e.first, $4) ELSE $4 END AS beginning,
                CASE WHEN e.first IS NULL THEN (SELECT true FROM rli.entry o WHERE o.lfn = q.lfn AND o.tails = q.tails
                    LIMIT 1) ELSE true END AS is_known
            FROM (SELECT lfn, tail, \(tails) AS tails FROM unnest($1::bytea[], $2::bytea[]) AS q (lfn, tail)) q
            LEFT JOIN LATERAL (SELECT first, last FROM rli.entry e WHERE e.lfn = q.lfn AND e.tails = q.tails
                AND e.sender = $3 OFFSET 0) e ON true
        ), inserted AS (
            INSERT INTO rli.entry (lfn, lfn_tail, sender, first, last)
            SELECT lfn, tail, $3, $4, $4 FROM old WHERE first IS NULL
        ), updated AS (
            INSERT INTO rli.entry (lfn, lfn_tail, sender, first, last)
            SELECT lfn, tail, $3, beginning, $4 FROM old WHERE first <> beginning OR last <> $4
            ON CONFLICT (lfn, tails, sender) DO UPDATE SET first = excluded.first, last = excluded.last
        )
        SELECT count(*) FILTER (WHERE first IS NULL), count(*) FILTER (WHERE is_known IS NULL) FROM old
        """

    static let delete = remove(unnest: "$1::bytea[], $2::bytea[], $3::bigint[]", as: "lfn, tail, sender")
    /// Only what is still as it was seen.
    static let purge = remove(
        unnest: "$1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[]",
        as: "lfn, tail, sender, first, last", and: "e.first = q.first AND e.last = q.last")

    /// Tells how many entries, and how many names, are gone. The array keeps the planner from joining whole tables.
    private static func remove(unnest arrays: String, as columns: String, and condition: String = "true") -> String {
        """
        WITH gone AS (
            DELETE FROM rli.entry e USING unnest(\(arrays)) AS q (\(columns))
            WHERE e.lfn = ANY (ARRAY[q.lfn]) AND e.tails = \(tails) AND e.sender = q.sender AND \(condition)
            RETURNING e.lfn, e.tails
        ), names AS (SELECT lfn, tails, count(*) AS n FROM gone GROUP BY lfn, tails)
        SELECT coalesce(sum(n), 0)::bigint, count(*) FILTER (WHERE n = (SELECT count(*) FROM (
            SELECT 1 FROM rli.entry o WHERE o.lfn = names.lfn AND o.tails = names.tails LIMIT names.n + 1) before))
        FROM names
        """
    }
}
