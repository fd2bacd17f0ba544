import NIOConcurrencyHelpers

/// Counts that a server shows: as of its own last commit, or of a later look at the database.
final class PublishedCounts<Counts: Sendable>: Sendable {
    private struct State {
        var counts: Counts
        var publications = 0
    }

    private let state: NIOLockedValueBox<State>

    init(_ counts: Counts) { state = NIOLockedValueBox(State(counts: counts)) }

    var counts: Counts { state.withLockedValue { $0.counts } }

    /// To be taken before the database is looked at.
    var publications: Int { state.withLockedValue { $0.publications } }

    func publish(_ counts: Counts) {
        state.withLockedValue {
            $0.counts = counts
            $0.publications += 1
        }
    }

    /// Only if nothing was published since, which would be newer.
    func publish(_ counts: Counts, after publications: Int) {
        state.withLockedValue { if $0.publications == publications { $0.counts = counts } }
    }
}
