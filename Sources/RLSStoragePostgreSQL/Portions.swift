import RLSStorage

/// Rows of a portion of a walk: few at first, for those who want few.
private let portions = 256...8_192

/// Asks for ever larger portions until one is not full.
func inPortions(
    ask: (_ limit: Int) throws(StorageError) -> PostgreSQLResult,
    beforePortion: () throws(StorageError) -> Visit = { () throws(StorageError) in .next },
    visit: (PostgreSQLResult, Int) -> Visit
) throws(StorageError) -> Visit {
    var limit = portions.lowerBound
    while true {
        if try beforePortion() == .stop { return .stop }
        let result = try ask(limit)
        for row in 0..<result.count { if visit(result, row) == .stop { return .stop } }
        if result.count < limit { return .next }
        limit = min(limit * 2, portions.upperBound)
    }
}
