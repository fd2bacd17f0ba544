import Foundation
import Logging
import NIOCore
import RLSClient
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSServer
import RLSSoftState
import RLSStorage
import RLSWire
import ServiceLifecycle

/// Catalog, index and soft state, as the configuration wants them.
final class ServerRoles: UpdateControl {
    let catalog: (any CatalogStore)?
    let index: IndexRole?
    let services: [any Service]
    private let name = ServerName()
    private let catalogUpdates: CatalogUpdates?
    private let indexUpdates: IndexUpdates?

    /// - Parameter credential: what this server shows to others; nil without authentication
    init(_ live: LiveConfiguration, credential: HostCredential?, logger: Logger) throws {
        let configuration = live.current
        let shown = credential.map { ClientCredential($0) } ?? .environment
        var services: [any Service] = []
        if configuration.isCatalog {
            let store = try StoreOpening(configuration, logger: logger).catalog()
            let updates = CatalogUpdates(
                store, name: name, configuration: live, credential: shown, clock: SteadyClock.now(), logger: logger)
            services.append(updates)
            (catalog, catalogUpdates) = (store, updates)
        } else {
            (catalog, catalogUpdates) = (nil, nil)
        }
        if configuration.isIndex {
            let inquiry = SenderInquiry(credential: shown) { .seconds(max(1, live.current.peerTimeout)) }
            let role = try IndexOpening(live, name: name, inquiry: inquiry, logger: logger).open()
            services.append(IndexUpkeep(role.receiver))
            indexUpdates = role.locations.store.map {
                IndexUpdates(role.receiver, store: $0, credential: shown, logger: logger)
            }
            index = role
        } else {
            (index, indexUpdates) = (nil, nil)
        }
        if let indexUpdates { services.append(indexUpdates) }
        self.services = services
    }

    func named(_ url: String) { name.set(ByteString(url)) }

    func shutdown() {
        index?.receiver.shutdown()
        index?.locations.store?.shutdown()
        catalog?.shutdown()
    }

    // MARK: What connections ask for

    func updateNow() {
        catalogUpdates?.updateNow()
        indexUpdates?.updateNow()
    }
    func registryChanged() { indexUpdates?.registryChanged() }
    var status: [SoftStateStatus] { (catalogUpdates?.status ?? []) + (indexUpdates?.status ?? []) }
    var flags: ServerStatistics.Flags { catalogUpdates?.flags ?? [.initialised] }
}

/// Opens an index with what an earlier run has left.
private struct IndexOpening {
    let live: LiveConfiguration
    let name: ServerName
    let inquiry: SenderInquiry
    let logger: Logger

    init(_ live: LiveConfiguration, name: ServerName, inquiry: SenderInquiry, logger: Logger) {
        self.live = live
        self.name = name
        self.inquiry = inquiry
        self.logger = logger
    }

    func open() throws -> IndexRole {
        let configuration = live.current
        let store = try StoreOpening(configuration, logger: logger).index()
        let senders = try readSenders(store)
        let archive = try archive(configuration)
        let saved = archive?.load() ?? []
        let latest = max(saved.map(\.lastUpdate).max() ?? 0, (senders?.map(\.lastUpdate).max() ?? 0) * 1_000)
        let locations = LocationIndex(
            store: store, clock: SteadyClock.now(notBefore: latest),
            expireStale: configuration.expireStale, senders: senders)
        let receiver = UpdateReceiver(
            locations, name: name, configuration: live, archive: archive, inquiry: inquiry, logger: logger)
        receiver.restore(saved)
        return IndexRole(locations: locations, receiver: receiver)
    }

    /// nil when the store is not there yet: they are read when it is.
    private func readSenders(_ store: (any IndexStore)?) throws -> [ListSenderRecord]? {
        guard let store else { return [] }
        let reader = try store.makeReader()
        return store.isShared ? try? reader.changedSenders() : try reader.senders()
    }

    private func archive(_ configuration: ServerConfiguration) throws -> FilterArchive? {
        var directory = configuration.filterDirectory
        if directory.isEmpty, case .sqlite(let path) = DatabaseURL(configuration.indexDatabase) {
            directory = path + ".filters"
        } else if directory.isEmpty && !configuration.indexDatabase.isEmpty {
            directory = DataDirectory.path + "/rli.filters"
        }
        if directory.isEmpty { return nil }
        do { return try FilterArchive(directory: directory, logger: logger) } catch {
            throw StorageError(.cannotOpen, "\(directory): cannot be created: \(error.localizedDescription)")
        }
    }
}

extension ServerConfiguration {
    var roleNames: String {
        [isCatalog ? "lrc" : "", isIndex ? "rli" : ""].filter { !$0.isEmpty }.joined(separator: ",")
    }

    var databaseNames: String {
        [isCatalog ? catalogDatabase : "", isIndex ? indexDatabase : ""].filter { !$0.isEmpty }
            .map(DatabaseURL.shown).joined(separator: " ")
    }

    /// `myurl`, or the name that others most probably reach this server by.
    func url(listeningAt address: SocketAddress) -> String {
        if !ownURL.isEmpty { return ownURL }
        let isLoopback = address.ipAddress.map { $0.hasPrefix("127.") || $0 == "::1" } ?? false
        let host = isLoopback && !isAuthenticated ? "127.0.0.1" : ProcessInfo.processInfo.hostName
        let scheme: ServerAddress.Scheme = isAuthenticated ? .authenticated : .insecure
        return "\(scheme.rawValue)://\(isLoopback && isAuthenticated ? "localhost" : host):\(address.port ?? port)"
    }
}
