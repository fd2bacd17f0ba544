import ArgumentParser
import Foundation
import LDR

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Prints what happens at the site, one JSON object a line.")

    @OptionGroup var options: SiteOptions
    @Flag(name: [.short, .long], help: "Go on as more happens.") var follow = false

    func run() async throws {
        var reader = try EventReader(path: SitePlaces(try options.site()).events)
        repeat {
            while let bytes = reader.next() { FileHandle.standardOutput.write(bytes) }
            if follow { try await Task.sleep(for: .milliseconds(200)) }
        } while follow && !Task.isCancelled
    }
}
