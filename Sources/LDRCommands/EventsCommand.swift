import ArgumentParser
import Foundation
import LDR

struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Prints what happens at the site, one JSON object a line.")

    @OptionGroup var options: SiteOptions
    @Flag(name: [.short, .long], help: "Go on as more happens.") var follow = false

    func run() async throws {
        var reader = EventReader(path: SitePlaces(try options.site()).events)
        repeat {
            while let bytes = reader.next() { FileHandle.standardOutput.write(bytes) }
            if follow { try await Task.sleep(for: .milliseconds(200)) }
        } while follow && !Task.isCancelled
    }
}

/// Reads an event log as it grows, also when a new file takes its place.
struct EventReader: Sendable {
    private let path: String
    private var file: FileHandle?
    private var inode: UInt64?

    /// - Parameter fromEnd: leaves out what is there already
    init(path: String, fromEnd: Bool = false) {
        self.path = path
        if !fromEnd { return }
        open()
        _ = try? file?.seekToEnd()
    }

    mutating func next() -> Data? {
        if file == nil { open() }
        if let bytes = try? file?.read(upToCount: 1 << 16), !bytes.isEmpty { return bytes }
        guard let current = Self.inode(path), current != inode else { return nil }
        open()
        return (try? file?.read(upToCount: 1 << 16)).flatMap { $0.isEmpty ? nil : $0 }
    }

    private mutating func open() {
        file = FileHandle(forReadingAtPath: path)
        inode = Self.inode(path)
    }

    private static func inode(_ path: String) -> UInt64? {
        (try? FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? NSNumber)?.uint64Value
    }
}
