import Foundation
import RLSCore
import RLSTestSupport
import SystemPackage
import Testing

@testable import LDR

@Suite struct FileCollectorTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        for name in ["d/e/f", "d/g"] {
            try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
        }
        try directory.write("12345", to: "a.gwf")
        try directory.write("1", to: "d/b.gwf")
        try directory.write("22", to: "d/e/f/c.gwf")
        try directory.write("", to: "d/.hidden")
        try directory.write("x", to: "d/[odd] name")
    }

    private func path(_ name: String) -> FilePath { FilePath(directory.file(name)) }

    private func collect(
        _ names: [String], followsLinks: Bool = false, naming: FileCollector.Naming = .lastComponent
    ) -> (files: [CandidateFile], problems: [String]) {
        gather(FileCollector(followsLinks: followsLinks, naming: naming)) { collector, visit in
            collector.collect(names.map { path($0) }, visit)
        }
    }

    private func collect(manifest: String) throws -> (files: [CandidateFile], problems: [String]) {
        try directory.write(manifest, to: "manifest")
        return gather(FileCollector()) { $0.collect(manifest: path("manifest"), $1) }
    }

    private func gather(
        _ collector: FileCollector, _ body: (inout FileCollector, (FileCollector.Found) -> Void) -> Void
    ) -> (files: [CandidateFile], problems: [String]) {
        var collector = collector
        var files: [CandidateFile] = []
        var problems: [String] = []
        body(&collector) { found in
            switch found {
            case .file(let file): files.append(file)
            case .problem(let problem):
                problems.append(problem.description.replacingOccurrences(of: path("").string + "/", with: ""))
            }
        }
        return (files, problems)
    }

    @Test func filesAndDirectories() {
        let (files, problems) = collect(["d", "a.gwf", "a.gwf"])
        #expect(files.map(\.lfn) == [".hidden", "[odd] name", "b.gwf", "c.gwf", "a.gwf"])
        #expect(files.map(\.state.size) == [0, 1, 1, 2, 5])
        #expect(files[3].state.path == path("d/e/f/c.gwf"))
        #expect(files.allSatisfy { $0.state.modified > 0 })
        #expect(problems == [])
    }

    @Test func namesBelowTheArgument() {
        let (files, _) = collect(["d", "a.gwf"], naming: .belowArgument)
        #expect(files.map(\.lfn) == [".hidden", "[odd] name", "b.gwf", "e/f/c.gwf", "a.gwf"])
    }

    @Test func wildcards() {
        #expect(collect(["*.gwf", "d/?.gwf"]).files.map(\.lfn) == ["a.gwf", "b.gwf"])
        #expect(collect(["d/[odd] name"]).files.map(\.lfn) == ["[odd] name"])
        #expect(collect(["*.xml"]).problems == ["*.xml matches no file"])
    }

    @Test func problemsAreTold() throws {
        #expect(collect(["missing"]).problems == ["missing does not exist"])
        #expect(mkfifo(directory.file("d/pipe"), 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: directory.file("d/link"), withDestinationPath: "b.gwf")
        try directory.write("1", to: "d/g/b.gwf")
        let (files, problems) = collect(["d"])
        #expect(files.count == 4)
        #expect(
            problems.map { String($0.prefix(44)) } == [
                "d/g/b.gwf would have the LFN b.gwf, as d/b.g", "d/link is a symbolic link, and links are not",
                "d/pipe is a device, a pipe or a socket, no p",
            ])
    }

    @Test func linksAreFollowedWhenAsked() throws {
        try FileManager.default.createSymbolicLink(atPath: directory.file("link"), withDestinationPath: "a.gwf")
        try FileManager.default.createSymbolicLink(atPath: directory.file("d/loop"), withDestinationPath: "../d")
        try FileManager.default.createSymbolicLink(atPath: directory.file("d/dangling"), withDestinationPath: "nothing")
        let (files, problems) = collect(["link", "d"], followsLinks: true)
        #expect(files.map(\.lfn) == ["link", ".hidden", "[odd] name", "b.gwf", "c.gwf"])
        #expect(files.first?.state.size == 5)
        #expect(problems == ["d/dangling does not exist", "d/loop leads back to a directory above it"])
    }

    @Test func namesThatAreNoText() throws {
        let name = ByteString(Array((path("g").string + "/").utf8) + [0xff, 0x0a, 0x61])
        try FileManager.default.createDirectory(atPath: directory.file("g"), withIntermediateDirectories: true)
        let descriptor = try FileDescriptor.open(
            FilePath(name), .writeOnly, options: .create, permissions: .ownerReadWrite)
        try descriptor.close()
        let (files, problems) = collect(["g"])
        #expect(files.map(\.lfn) == [ByteString([0xff, 0x0a, 0x61])])
        #expect(files.first?.state.path.byteString == name)
        #expect(problems == [])
    }

    @Test func manifests() throws {
        let absolute = directory.file("d/e/f/c.gwf")
        let (files, problems) = try collect(
            manifest: """
                # path, LFN, size, checksums
                a.gwf
                d/b.gwf other/b 1 adler32:00320032

                \(absolute) - 2
                "d/[odd] name"
                """)
        #expect(problems == [])
        #expect(files.map(\.lfn) == ["a.gwf", "other/b", "c.gwf", "[odd] name"])
        #expect(files[1].checksums.adler32 == 0x0032_0032)
        #expect(files[2].state.path == FilePath(absolute))
    }

    @Test func manifestsWithErrors() throws {
        let (files, problems) = try collect(manifest: "a.gwf a 6\nmissing\nd\n\na.gwf md5:1\na.gwf\nd/b.gwf a.gwf\n")
        #expect(files.map(\.lfn) == ["a.gwf"])
        #expect(
            problems == [
                "manifest line 1: a.gwf has 5 bytes; the manifest says 6",
                "manifest line 2: missing does not exist",
                "manifest line 3: d is no plain file (links are followed only when asked for)",
                "manifest line 5: `1` is no md5: 32 hexadecimal digits expected; an LFN goes in quotes",
                "d/b.gwf would have the LFN a.gwf, as a.gwf has already",
            ])
        #expect(
            gather(FileCollector()) { $0.collect(manifest: path("none"), $1) }.problems
                == ["none cannot be opened: No such file or directory"])
    }

    @Test func linesOfAnyLength() throws {
        let names = (0..<120).map { "missing-\($0)" + String(repeating: " ", count: 500 + $0) }
        #expect(try collect(manifest: names.joined(separator: "\n")).problems.count == 120)
        let long = try collect(manifest: "a.gwf\n" + String(repeating: "y", count: 70_000))
        #expect(long.files.count == 1)
        #expect(long.problems == ["manifest has a line of more than 65536 bytes: is it a manifest?"])
    }
}
