import NIOCore
import RLSCore
import RLSSecurity
import RLSSoftState
import RLSWire

/// What catalogs tell an index.
enum UpdateMethods {
    static let rows: [MethodRow] = [
        row(Methods.listUpdate) { .names($0) },
        row(Methods.filterUpdate) { .filter($0) },
        row(Methods.wholeFilter) { .wholeFilter($0) },
        row(Methods.filterDelta) { .filterDelta($0) },
        row(Methods.listBegin) { .listBegin($0) },
        row(Methods.listPart) { .listPart($0) },
        row(Methods.listEnd) { .listEnd($0) },
        row(Methods.listChanges) { .listChanges($0) },
    ]

    private static func row<Arguments, Item>(
        _ method: Method<Arguments, Item>, _ update: @escaping @Sendable (Arguments) -> IndexUpdate
    ) -> MethodRow {
        .deferred(method, role: .index, .rliUpdate, .everything) { (arguments, session) throws(CatalogError) in
            guard let receiver = session.context.index?.receiver else { throw Role.index.refusal }
            let update = update(arguments)
            return DeferredReply { finish in
                receiver.receive(update) { result in
                    finish(
                        result.map { token in
                            var strings = ByteBuffer()
                            if let token { ListToken(token).encode(into: &strings) }
                            return strings
                        })
                }
            }
        }
    }
}
