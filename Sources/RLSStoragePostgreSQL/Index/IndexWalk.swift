import RLSCore
import RLSStorage

/// The SQL of one portion of an ordered walk over entries, with its parameters.
struct IndexWalk {
    let text: String
    private let lower: StoredName
    private let upper: StoredName?
    private let sender: Int?

    init(prefix: ByteString, order: MappingOrder, after: IndexPosition?) {
        let isDescending = order == .namesDescending
        lower = StoredName(isDescending ? prefix : after?.lfn ?? prefix)
        upper = (isDescending ? after?.lfn ?? prefix.prefixEnd : prefix.prefixEnd).map { StoredName($0) }
        sender = after?.sender
        text = IndexSQL.walk(
            where: Self.conditions(isDescending, resumes: after != nil, hasUpper: upper != nil),
            descending: isDescending)
    }

    /// The head alone is what the index knows; head and tail decide. Senders of a name ascend in either order.
    private static func conditions(_ isDescending: Bool, resumes: Bool, hasUpper: Bool) -> [String] {
        let behind = "((lfn, lfn_tail) <> \(isDescending ? "($4, $5)" : "($2, $3)") OR sender > $\(hasUpper ? 6 : 4))"
        let isInclusive = isDescending && resumes
        return ["lfn >= $2", "(lfn, lfn_tail) >= ($2, $3)"]
            + (hasUpper ? ["lfn <= $4", "(lfn, lfn_tail) \(isInclusive ? "<=" : "<") ($4, $5)"] : [])
            + (resumes ? [behind] : [])
    }

    func parameters(limit: Int) -> PostgreSQLParameters {
        var parameters = PostgreSQLParameters()
        parameters.add(limit)
        parameters.add(name: lower)
        if let upper { parameters.add(name: upper) }
        if let sender { parameters.add(sender) }
        return parameters
    }
}
