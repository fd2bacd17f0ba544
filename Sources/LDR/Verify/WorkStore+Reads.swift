import RLSCore
import RLSStorage
import RLSStorageSQLite

extension WorkStore {
    static func key(_ place: PartitionPath) -> String { place.partition + "/" + place.path }

    /// Of the places, those whose content has not been read for so long, those that have waited longest first.
    /// - Parameter age: seconds
    func due(_ places: [PartitionPath], age: Int64) throws(StorageError) -> [PartitionPath] {
        let statement = try file.connection.statement("SELECT at FROM content_read WHERE place = ?")
        let limit = Self.now - Int(age) * 1_000
        var due: [(place: PartitionPath, at: Int)] = []
        for place in places {
            try statement.bind(1, text: Self.key(place))
            let at = try statement.step() ? statement.integer(0) : 0
            statement.reset()
            if at <= limit { due.append((place, at)) }
        }
        return due.sorted { ($0.at, $0.place) < ($1.at, $1.place) }.map(\.place)
    }

    /// Notes which files are dark by now.
    /// - Returns: those that have been for so long, in milliseconds
    func dark(_ places: [PartitionPath], for age: Int, at now: Int) throws(StorageError) -> [PartitionPath] {
        try file.write { (connection) throws(StorageError) in
            let known = try connection.statement("SELECT since FROM dark WHERE place = ?")
            var since: [PartitionPath: Int] = [:]
            for place in places {
                try known.bind(1, text: Self.key(place))
                since[place] = try known.step() ? known.integer(0) : now
                known.reset()
            }
            try connection.statement("DELETE FROM dark").run()
            let insert = try connection.statement("INSERT INTO dark (place, since) VALUES (?, ?)")
            for place in places { try insert.bind(1, text: Self.key(place)).bind(2, since[place] ?? now).run() }
            return places.filter { now - (since[$0] ?? now) >= age }
        }
    }

    /// Files that are here as far as is known.
    func present() throws(StorageError) -> Set<ByteString> {
        let statement = try file.connection.statement("SELECT lfn FROM want WHERE state = 3")
        defer { statement.reset() }
        var found: Set<ByteString> = []
        while try statement.step() { found.insert(statement.bytes(0)) }
        return found
    }

    func noteRead(_ place: PartitionPath, at time: Int) throws(StorageError) {
        try file.connection.statement("INSERT OR REPLACE INTO content_read (place, at) VALUES (?, ?)")
            .bind(1, text: Self.key(place)).bind(2, time).run()
    }
}
