/// Fetches files; one way to do it.
package protocol TransferTool: Sendable {
    /// Fetches files of one source into their temporary files.
    ///
    /// Returns when all is over. Cancelled, it ends its child processes (SIGTERM, five seconds later SIGKILL, with
    /// all that they started) and says `interrupted` of what has not come. What was written remains, to be continued.
    ///
    /// - Parameters:
    ///   - began: called when a file is being written from its beginning to its end, or continued so; not by tools that
    ///     may write in another order. Called again for a file that is begun again.
    ///   - finished: called exactly once for each request, by several tasks at a time, as soon as its fate is
    ///     known; its tasks are not cancelled with the caller's
    func run(
        _ requests: [TransferRequest], _ settings: TransferSettings,
        began: @escaping @Sendable (TransferRequest) -> Void,
        finished: @escaping @Sendable (TransferRequest, TransferOutcome) async -> Void
    ) async
}
