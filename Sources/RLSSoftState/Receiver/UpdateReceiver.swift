import Logging
import NIOConcurrencyHelpers
import NIOPosix
import RLSConfiguration
import RLSCore
import RLSFilter
import RLSStorage
import RLSWire

/// Applies what catalogs tell to the index, one update after the other on a thread of its own: a filter of many megabytes
/// must not hold up an event loop.
package final class UpdateReceiver: Sendable {
    /// Called once, when the update counts; with the token where a list begins.
    package typealias Completion = @Sendable (Result<Int?, CatalogError>) -> Void

    let index: LocationIndex
    let configuration: LiveConfiguration
    let archive: FilterArchive?
    let inquiry: SenderInquiry?
    let logger: Logger
    let shared: SharedSenders?
    /// Told of each change, for index servers that this one updates.
    private let observer = NIOLockedValueBox<Observer?>(nil)
    private let wantsPurge = NIOLockedValueBox(false)
    private let thread = NIOThreadPool(numberOfThreads: 1)
    let name: ServerName

    package init(
        _ index: LocationIndex, name: ServerName, configuration: LiveConfiguration, archive: FilterArchive?,
        inquiry: SenderInquiry? = nil, logger: Logger
    ) {
        self.index = index
        self.name = name
        self.configuration = configuration
        self.archive = archive
        self.inquiry = inquiry
        self.logger = logger
        shared = SharedSenders(index.store, known: index.table.withLockedValue { $0.all })
        thread.start()
    }

    /// Updates are applied in the order of these calls. Callers wait for the completion, so no more wait here than there are
    /// connections.
    package func receive(_ update: IndexUpdate, completion: @escaping Completion) {
        thread.submit { state in
            guard case .active = state else {
                return completion(.failure(CatalogError(.databaseError, "server is stopping")))
            }
            do throws(CatalogError) { try self.apply(update, completion) } catch { completion(.failure(error)) }
        }
    }

    private func apply(_ update: IndexUpdate, _ completion: @escaping Completion) throws(CatalogError) {
        switch update {
        case .names(let arguments): try take(arguments, completion)
        case .filter(let arguments): try take(arguments, completion)
        case .wholeFilter(let arguments): try take(arguments, completion)
        case .filterDelta(let arguments): try take(arguments, completion)
        case .listBegin(let arguments): try begin(arguments, completion)
        case .listPart(let arguments): try take(arguments, completion)
        case .listEnd(let arguments): try end(arguments, completion)
        case .listChanges(let arguments): try take(arguments, completion)
        }
    }

    package func shutdown() { try? thread.syncShutdownGracefully() }

    // MARK: Senders

    /// The sender's state, or a new one. nil: what we have came a shorter way, and is not replaced by this.
    func sender(_ origin: UpdateOrigin, kind: IndexSender.Kind) throws(CatalogError) -> IndexSender? {
        try check(origin)
        // Another server may have taken the one before this.
        if case .list = kind { do { try followStore() } catch { throw error.answer } }
        let key = SenderKey(url: origin.url, instance: origin.instance)
        let now = index.clock.now
        let known = index.table.withLockedValue { $0[key] }
        if let known {
            let isFresh = index.table.withLockedValue { $0.isFresh(known, at: now) }
            return isFresh && known.path.count < origin.path.count ? nil : known
        }
        try makeRoom(for: key)
        return index.table.withLockedValue { table in
            let sender = IndexSender(id: table.makeID(), key: key, kind: kind)
            // At once: another update of the same sender may come before this one counts.
            table.put(sender)
            return sender
        }
    }

    /// The state has been here, or began here.
    static let loop = CatalogError(.unsupported, "update loop")

    private func check(_ origin: UpdateOrigin) throws(CatalogError) {
        guard origin.url.count <= 1_024, !origin.url.bytes.contains(where: { $0 <= 0x20 }),
            (try? ServerAddress(origin.url.description)) != nil
        else { throw CatalogError(.badURL, origin.url) }
        let ownURL = name.current
        if origin.path.contains(ownURL) || (origin.url == ownURL && !origin.path.isEmpty) {
            throw Self.loop
        }
    }

    /// Catalogs by one URL: a new one each time it was set up anew, and no more than these.
    private static let namesakeLimit = 4

    private func makeRoom(for key: SenderKey) throws(CatalogError) {
        let (namesakes, count) = index.table.withLockedValue { ($0.namesakes(of: key), $0.count) }
        if namesakes.count >= Self.namesakeLimit { forget(namesakes[0]) }
        if !namesakes.isEmpty {
            logger.warning("another catalog goes by the same URL", metadata: ["url": "\(key.url)"])
        }
        if count >= configuration.current.maximumSenders {
            throw CatalogError(.overflow, "more than \(configuration.current.maximumSenders) senders")
        }
    }

    /// Nothing of it counts any more.
    package func forget(_ sender: IndexSender) {
        index.table.withLockedValue { $0.remove(sender.id) }
        if sender.isStored { index.store?.submit(WriteRequest([.removeSender(sender.id)]) { _ in }) }
        drop(sender)
    }

    /// What is kept of it beside the table and the store.
    func drop(_ sender: IndexSender) {
        index.filters.remove(sender.id)
        archive?.remove(sender)
        tell(.removed(sender.id))
    }

    /// A list that left names out has made entries that nobody sees.
    func requestPurge() { wantsPurge.withLockedValue { $0 = true } }
    func takesPurgeRequest() -> Bool { wantsPurge.withLockedValue { exchange(&$0, with: false) } }

    /// - Parameter change: to the sender as it is by now: updates of two connections may overlap
    func publish(_ id: Int, _ event: IndexEvent, _ change: (inout IndexSender) -> Void) {
        index.table.withLockedValue { $0.change(id, change) }
        tell(event)
    }

    /// Runs `work` between two updates.
    func betweenUpdates(_ work: @escaping @Sendable () -> Void) async {
        try? await thread.runIfActive(work)
    }

    private func tell(_ event: IndexEvent) { observer.withLockedValue { $0 }?.tell(event) }

    /// A closure by itself would be wrapped anew each time it is read through a generic box, and the box keep the wrapping.
    private struct Observer {
        let tell: @Sendable (IndexEvent) -> Void
    }

    /// One observer, set before the first update; it must be quick.
    func observe(_ observer: @escaping @Sendable (IndexEvent) -> Void) {
        self.observer.withLockedValue { $0 = Observer(tell: observer) }
    }
}

/// What an update did to the index, for those who pass it on.
package enum IndexEvent: Sendable {
    /// A filter, or a whole list.
    case replaced(sender: Int)
    case changed(sender: Int, [NameChange])
    case refreshed(sender: Int)
    case removed(Int)
}

/// What a catalog, or an index for it, tells.
package enum IndexUpdate: Sendable {
    // The original's way
    case names(ListUpdateArguments)
    case filter(FilterUpdateArguments)
    // Ours
    case wholeFilter(WholeFilterArguments)
    case filterDelta(FilterDeltaArguments)
    case listBegin(ListBeginArguments)
    case listPart(ListPartArguments)
    case listEnd(ListEndArguments)
    case listChanges(ListChangesArguments)
}
