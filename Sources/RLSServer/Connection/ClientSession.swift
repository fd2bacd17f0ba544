import Logging
import RLSConfiguration
import RLSCore
import RLSSecurity
import RLSStorage

/// What a connection's requests are judged by. Belongs to the connection's event loop.
final class ClientSession {
    let context: ServerContext
    let identity: Identity
    let address: String
    /// Where this client's last page ended.
    var lastPage: PageContinuation?
    private(set) var configuration: ServerConfiguration
    private(set) var rights: Rights
    private var generation: Int

    init(context: ServerContext, identity: Identity, address: String) {
        self.context = context
        self.identity = identity
        self.address = address
        generation = context.configuration.generation
        configuration = context.configuration.current
        rights = configuration.accessList.rights(of: identity)
    }

    /// Takes over a configuration that has changed since the last request.
    func refresh() {
        let newest = context.configuration.generation
        if newest == generation { return }
        generation = newest
        configuration = context.configuration.current
        rights = configuration.accessList.rights(of: identity)
    }

    var metadata: Logger.Metadata { ["client": "\(identity.name)", "address": "\(address)"] }

    func check(_ row: MethodRow) throws(CatalogError) {
        if row.role == .index || (row.role == .catalog && context.catalog == nil) { throw row.role.refusal }
        if !rights.isSuperset(of: row.rights) { throw CatalogError(.permission, row.name) }
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
