import RLSCore
import RLSStorage

/// The SQL of one portion of an ordered walk, with its parameters.
struct MappingWalk {
    let text: String
    private let lower: StoredName
    private let upper: StoredName?

    /// - Parameter after: the names behind this one; its own partners are not this walk's business
    init(_ kind: NameKind, prefix: ByteString, order: MappingOrder, after: MappingPosition?) {
        let isDescending = order == .namesDescending
        upper = (isDescending ? after?.name ?? prefix.prefixEnd : prefix.prefixEnd).map { StoredName($0) }
        lower = StoredName(isDescending ? prefix : after?.name ?? prefix)
        text = CatalogSQL.walk(
            kind, descending: isDescending, resumes: !isDescending && after != nil, hasUpper: upper != nil)
    }

    func parameters(limit: Int) -> PostgreSQLParameters {
        var parameters = PostgreSQLParameters()
        parameters.add(limit)
        parameters.add(name: lower)
        if let upper { parameters.add(name: upper) }
        return parameters
    }
}
