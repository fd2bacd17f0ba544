import RLSCore
import RLSStorage
import RLSStorageSQLite

extension WorkStore {
    package func subscriptions() throws(StorageError) -> [Subscription] {
        let statement = try file.connection.statement(
            "SELECT id, name, expression, priority, lifetime, maximum_volume, rolling, position FROM subscription ORDER BY id"
        )
        defer { statement.reset() }
        var found: [Subscription] = []
        while try statement.step() {
            let configuration = SubscriptionConfiguration(
                name: statement.text(1) ?? "", expression: statement.text(2) ?? "", priority: statement.integer(3),
                lifetime: Int64(statement.integer(4)), maximumVolume: Int64(statement.integer(5)),
                isRolling: statement.integer(6) != 0)
            found.append(
                Subscription(id: statement.integer(0), configuration: configuration, position: statement.integer(7)))
        }
        return found
    }

    /// Makes the subscriptions what the configuration says. One that has another expression begins anew; what only one that
    /// has gone has wanted is wanted no longer, and stays where it is.
    package func adopt(_ wanted: [SubscriptionConfiguration]) throws(StorageError) {
        let known = try subscriptions()
        let byName: (SubscriptionConfiguration, SubscriptionConfiguration) -> Bool = { $0.name < $1.name }
        if known.map(\.configuration).sorted(by: byName) == wanted.sorted(by: byName) { return }
        _ = try file.write { (connection) throws(StorageError) in
            var free = Set(0..<Subscription.limit).subtracting(known.map(\.id))
            for subscription in known {
                let new = wanted.first { $0.name == subscription.name }
                if new?.expression == subscription.configuration.expression { continue }
                try withdraw(subscription, connection)
                free.insert(subscription.id)
            }
            for configuration in wanted {
                let kept = known.first {
                    $0.name == configuration.name && $0.configuration.expression == configuration.expression
                }
                guard let id = kept?.id ?? free.min() else { continue }
                free.remove(id)
                try put(Subscription(id: id, configuration: configuration, position: kept?.position ?? 0), connection)
            }
            try assignQueues(connection)
        }
    }

    private func put(_ subscription: Subscription, _ connection: SQLiteConnection) throws(StorageError) {
        let configuration = subscription.configuration
        try connection.statement(
            """
            INSERT INTO subscription (id, name, expression, priority, lifetime, maximum_volume, rolling, position)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, expression = excluded.expression,
                priority = excluded.priority, lifetime = excluded.lifetime, maximum_volume = excluded.maximum_volume,
                rolling = excluded.rolling
            """
        ).bind(1, subscription.id).bind(2, text: configuration.name).bind(3, text: configuration.expression)
            .bind(4, configuration.priority).bind(5, Int(configuration.lifetime))
            .bind(6, Int(configuration.maximumVolume)).bind(7, configuration.isRolling ? 1 : 0)
            .bind(8, subscription.position).run()
    }

    private func withdraw(_ subscription: Subscription, _ connection: SQLiteConnection) throws(StorageError) {
        try connection.statement("DELETE FROM subscription WHERE id = ?").bind(1, subscription.id).run()
        // What is on its way may be wanted by what takes its place, under the same number: see `forgetUnwanted`.
        try connection.statement("DELETE FROM want WHERE subscriptions = ? AND state NOT IN (1, 2, 7)")
            .bind(1, subscription.bit).run()
        try connection.statement("UPDATE want SET subscriptions = subscriptions & ~? WHERE subscriptions & ?")
            .bind(1, subscription.bit).bind(2, subscription.bit).run()
    }

    /// Of files that were on their way when the last subscription that wanted them went, those that none has wanted since. Only when
    /// all have looked at all changes.
    func forgetUnwanted() throws(StorageError) {
        try file.connection.statement("DELETE FROM want WHERE subscriptions = 0").run()
    }

    /// Priorities may have changed.
    private func assignQueues(_ connection: SQLiteConnection) throws(StorageError) {
        for subscription in try subscriptions().sorted(by: Self.comesLater) {
            try connection.statement("UPDATE want SET queue = ? WHERE subscriptions & ? AND queue <> ?")
                .bind(1, subscription.id).bind(2, subscription.bit).bind(3, subscription.id).run()
        }
    }

    /// Of two subscriptions of a file, the second one's share is used.
    static func comesLater(_ left: Subscription, _ right: Subscription) -> Bool {
        (left.configuration.priority, right.id) < (right.configuration.priority, left.id)
    }

    /// Looks at all changes anew when the metadata are not the ones that the positions are of: a database that was lost,
    /// or restored from before them, counts its changes anew.
    func follow(epoch: String, lastChange: Int) throws(StorageError) {
        try file.write { (connection) throws(StorageError) in
            let known = try connection.statement("SELECT 1 FROM origin WHERE epoch = ?").bind(1, text: epoch).hasRow()
            if !known {
                try connection.statement("UPDATE subscription SET position = 0").run()
                try connection.statement("INSERT OR REPLACE INTO origin (is_only, epoch) VALUES (1, ?)")
                    .bind(1, text: epoch).run()
            }
            try connection.statement("UPDATE subscription SET position = 0 WHERE position > ?").bind(1, lastChange)
                .run()
        }
    }

    func moved(_ subscriptions: [Subscription], to position: Int, _ connection: SQLiteConnection) throws(StorageError) {
        for subscription in subscriptions where subscription.position < position {
            try connection.statement("UPDATE subscription SET position = ? WHERE id = ?")
                .bind(1, position).bind(2, subscription.id).run()
        }
    }
}
