import RLSCore

/// GridFTP by `globus-url-copy` (Debian: globus-gass-copy-progs).
///
/// Each of `concurrency` lanes runs one process at a time, with a list of files and one connection. The program goes on
/// after errors only at the risk of corrupting itself (`-c` with `-fast`), so that here it ends with the first file
/// that fails and another one takes the rest.
package struct GlobusURLCopyTool: TransferTool {
    private let program: String

    package init(program: String = "globus-url-copy") { self.program = program }

    package func run(
        _ requests: [TransferRequest], _ settings: TransferSettings,
        began: @escaping @Sendable (TransferRequest) -> Void,
        finished: @escaping @Sendable (TransferRequest, TransferOutcome) async -> Void
    ) async {
        await Deliveries.run(requests, began: began, finished: finished) { deliveries in
            var openElsewhere = OpenFiles()
            let jobs = requests.compactMap { GlobusJob.prepare($0, settings, deliveries, &openElsewhere) }
            let lanes = min(max(1, settings.concurrency), jobs.count)
            let queue = GlobusQueue(jobs, lanes: lanes, limit: settings.filesPerProcess)
            await withDiscardingTaskGroup { group in
                for _ in 0..<lanes {
                    group.addTask {
                        await GlobusLane(
                            program: program, settings: settings, queue: queue, deliveries: deliveries
                        ).run()
                    }
                }
            }
        }
    }
}
