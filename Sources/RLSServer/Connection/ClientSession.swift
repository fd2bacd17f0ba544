import Logging
import NIOCore
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSStorage

/// What a connection's requests are judged by. Belongs to the connection's event loop.
final class ClientSession {
    let context: ServerContext
    let address: String
    /// Where this client's last page ended.
    var lastPage: PageContinuation?
    private(set) var configuration: ServerConfiguration
    private(set) var grants: Grants
    private let identity: Identity
    private var generation: Int

    init(context: ServerContext, identity: Identity, address: String) {
        self.context = context
        self.identity = identity
        self.address = address
        generation = context.configuration.generation
        configuration = context.configuration.current
        grants = configuration.grants(to: identity)
    }

    /// Takes over a configuration that has changed since the last request.
    func refresh() {
        let newest = context.configuration.generation
        if newest == generation { return }
        generation = newest
        configuration = context.configuration.current
        grants = configuration.grants(to: identity)
    }

    var name: String { identity.dn }

    var metadata: Logger.Metadata {
        var pairs: Logger.Metadata = ["client": "\(identity.dn)", "address": "\(address)"]
        if identity.isLimitedProxy { pairs["proxy"] = "limited" }
        return pairs
    }

    /// Whether the method is served here and the client has its rights for some name at least.
    func check(_ row: MethodRow) throws(CatalogError) {
        if !context.has(row.role) { throw row.role.refusal }
        if grants.any.isEmpty { throw CatalogError(.permission, ByteString("\(name) has no rights here")) }
        if !grants.any.isSuperset(of: row.rights) { throw CatalogError(.permission, row.name) }
    }

    private static let limited: ByteString = "allowed for some logical names only"

    /// What a refusal was about, for the log: the name that decided, else the first string of the request.
    func subject(of refusal: CatalogError, _ row: MethodRow, _ arguments: ByteBuffer) -> ByteString {
        if refusal.subject != row.name && refusal.subject != Self.limited { return refusal.subject }
        return ByteString(arguments.readableBytesView.prefix(Audit.longestSubject + 1).prefix { $0 != 0 })
    }

    /// Whether the client has the rights for what a request is about.
    func check(_ rights: Rights, on scope: () throws(CatalogError) -> NameScope) throws(CatalogError) {
        if !grants.isLimited { return }
        switch try scope() {
        case .nothing: break
        case .name(let name):
            let bytes = ByteString(name.readableBytesView)
            if !grants.allows(rights, on: bytes.bytes.span) { throw CatalogError(.permission, bytes) }
        case .names(let names):
            for name in names where !grants.allows(rights, on: name.bytes.span) {
                throw CatalogError(.permission, name)
            }
        case .matching(let pattern):
            if !grants.allows(rights, onAllMatching: pattern) { throw CatalogError(.permission, pattern.source) }
        case .everything: if !grants.allowsEverything(rights) { throw CatalogError(.permission, Self.limited) }
        case .server: if !grants.general.isSuperset(of: rights) { throw CatalogError(.permission, Self.limited) }
        }
    }

    /// The page to answer: `result_limit` bounds what a client may ask for.
    func limited(_ page: Page) throws(CatalogError) -> Page {
        let most = configuration.resultLimit
        if most == 0 { return page }
        if page.limit > most { throw CatalogError(.badArgument, "\(page.limit)") }
        return Page(offset: page.offset, limit: page.limit == 0 ? most : page.limit)
    }
}

extension ServerConfiguration {
    /// Seconds between full updates to an index server.
    func interval(_ record: RLIRecord) -> Int { record.flags & 1 == 1 ? filterInterval : listInterval }
}
