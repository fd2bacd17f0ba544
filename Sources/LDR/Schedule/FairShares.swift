/// Divides what there is between those who want it, in proportion to their weights; what one does not need, others get.
enum FairShares {
    /// - Parameters:
    ///   - amount: to be divided
    ///   - claims: weight above 0, and how much is wanted at most
    /// - Returns: a share for each claim; everybody who wants something gets something while there is enough for one each
    static func divide(_ amount: Int, among claims: [(weight: Int, want: Int)]) -> [Int] {
        var shares = [Int](repeating: 0, count: claims.count)
        var rest = amount
        while rest > 0 {
            let open = claims.indices.filter { shares[$0] < claims[$0].want }
            if open.isEmpty { break }
            let weights = open.reduce(0) { $0 + claims[$1].weight }
            let round = rest
            for index in open where rest > 0 {
                let fair = max(1, round * claims[index].weight / weights)
                let given = min(fair, claims[index].want - shares[index], rest)
                shares[index] += given
                rest -= given
            }
        }
        return shares
    }
}
