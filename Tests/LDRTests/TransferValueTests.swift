import RLSCore
import Testing

@testable import LDR

@Suite struct TransferValueTests {
    @Test(arguments: [
        ("gsiftp://host:2811/a b", "gsiftp://host:2811/a%20b"),
        ("GSIFTP://host/a%20b?c#d*[e]\"\\", "gsiftp://host/a%20b%3Fc%23d%2A%5Be%5D%22%5C"),
        ("http://host/a?b=c d&e?#f", "http://host/a?b=c%20d&e?%23f"),
        ("http://host/100%/%4", "http://host/100%25/%254"),
        ("https://[::1]:8443/ü\n", "https://[::1]:8443/%C3%BC%0A"),
        ("file:///x", "file:///x"),
    ])
    func urlsAreEncoded(_ given: String, _ expected: String) throws {
        #expect(try SourceURL(ByteString(given)).text == expected)
    }

    @Test(arguments: [
        "", "nothing", "/path", "http:/host/x", "-o://x/y", "http://ho st/x", "http://host", "http://host/",
        "http://host/d/",
        "http://ho\"st/x", "1a://x/y", "http://h\u{0}/x",
    ])
    func badURLsAreRefused(_ text: String) {
        #expect(throws: TransferFailure.self) { _ = try SourceURL(ByteString(text)) }
    }

    @Test func pathsOfFiles() throws {
        let path = "/a b/%41#\"ü\n"
        let url = SourceURL.file(path)
        #expect(url == "file:///a%20b/%2541%23%22%C3%BC%0A")
        #expect(try SourceURL(ByteString(url)).decodedPath == Array(path.utf8))
        #expect(TransferTools.source(of: "GSIFTP://u@Host:1/x") == "gsiftp://host:1")
    }

    @Test func templates() throws {
        let template = try CommandTemplate("/opt/x/get --size=%s '%u' \"to %p\" 100%% '' %d")
        let request = TransferRequest(
            id: 1, source: "root://h//a b;rm%20%25", destination: "/d/1.part", expected: FileRecord(lfn: "x", size: 42))
        #expect(template.program == "/opt/x/get")
        #expect(
            template.words(for: request).map { String(decoding: $0, as: UTF8.self) } == [
                "--size=42", "root://h//a b;rm%20%25", "to /d/1.part", "100%", "", "root://h//a b;rm %",
            ])
        for bad in ["", "get", "get %u", "get %p", "get %u %p %x", "get %u %p %", "get '%u %p", "%u %p"] {
            #expect(throws: CommandTemplate.Failure.self) { _ = try CommandTemplate(bad) }
        }
    }

    @Test func curlValuesStayWithinQuotes() {
        #expect(CurlConfiguration.quoted("a\"b\\\nurl = x\r\t") == "\"a\\\"b\\\\\\nurl = x\\r\\t\"")
        #expect(CurlReport("LDR 7 22 404 0 0.5 The requested URL")?.httpCode == 404)
        for bad in ["", "LDR", "LDR x 0 200 1 0.1 ", "LDX 1 0 200 1 0.1 ", "LDR 1 0 200 1"] {
            #expect(CurlReport(Substring(bad)) == nil)
        }
    }

    @Test(arguments: [
        (
            "500-Command failed.\n500-globus_xio: System error in open: No such file or directory", "sourceMissing",
            false
        ),
        ("globus_xio: Unable to open file /d/1\nSystem error in open: No such file or directory", "localError", true),
        ("globus_xio: System error in write: No space left on device", "diskFull", true),
        ("globus_xio: Unable to connect to h:1\nConnection refused", "sourceUnreachable", true),
        ("globus_ftp_client: EOF has been reached", "sourceUnreachable", false),
        ("500-System error in open: Permission denied", "sourceRefused", false),
        ("530 530-Login incorrect", "sourceRefused", true), ("what?", "other", false),
    ])
    func saidByGlobus(_ text: String, _ kind: String, _ isForSource: Bool) {
        let finding = FailureText.finding(text, saysWho: true)
        #expect(finding.kind.rawValue == kind)
        #expect(finding.isForSource == isForSource)
        #expect(finding.isOfSite == (kind == "localError"))
    }

    @Test(arguments: [(500, 0, 4), (500, 0, 1), (3, 0, 4), (20, 1 << 30, 2), (5000, 1 << 20, 8)])
    func filesAreSharedOut(count: Int, size: Int, lanes: Int) {
        let jobs = (0..<count).map { id in
            let record = FileRecord(lfn: "x", size: Int64(size))
            let request = TransferRequest(id: id, source: "gsiftp://h/x", destination: "/\(id)", expected: record)
            return GlobusJob(request: request, source: "gsiftp://h/x", destination: "file:///\(id)", offset: 0)
        }
        let queue = GlobusQueue(jobs, lanes: lanes, limit: 1000)
        var batches: [[Int]] = []
        while case let batch = queue.next(), !batch.isEmpty { batches.append(batch.map(\.request.id)) }
        #expect(batches.flatMap(\.self) == Array(0..<count))
        #expect(batches.allSatisfy { $0.count <= 1000 })
        if size == 0 { #expect(batches.count <= lanes) }
        if size == 1 << 30 { #expect(batches.count >= 8) }
        queue.putBack(jobs.prefix(2))
        #expect(queue.next().first?.request.id == 0)
    }

    @Test func messagesAreOneLine() {
        #expect(TransferFailure(.other, "a\r\n\u{1B}[31mb").message == "a [31mb")
        #expect(TransferTools().schemes == ["dav", "davs", "file", "gsiftp", "http", "https"])
        #expect(throws: TransferFailure.self) { _ = try TransferTools().tool(for: "root://h//x" as ByteString) }
    }
}
