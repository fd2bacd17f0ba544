import ArgumentParser
import LDR
import RLSCore

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Tries at once what is stuck or waits after a failure: all files, or those named.")

    @OptionGroup var options: SiteOptions
    @Argument(help: "Logical names.") var lfns: [String] = []

    func run() async throws {
        let store = try WorkStore(path: SitePlaces(try options.site()).work)
        var count = 0
        if lfns.isEmpty { count = try store.retry() }
        for lfn in lfns { count += try store.retry(ByteString(lfn)) }
        print("\(count) files will be tried at once")
    }
}
