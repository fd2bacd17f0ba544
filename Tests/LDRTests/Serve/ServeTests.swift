import Foundation
import RLSCore
import RLSStorageSQLite
import RLSTestSupport
import Testing

@testable import LDR
@testable import LDRCommands

@Suite struct ServeTests {
    let site: ServedSite

    init() async throws { site = try await ServedSite() }

    @Test func status() async throws {
        let answer = try await site.get("/status")
        #expect(answer.status == 200 && answer.head.lowercased().contains("content-type: application/json"))
        let object = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
        #expect(object?["site"] as? String == "cit" && object?["files"] as? Int == 5)
        let subscriptions = object?["subscriptions"] as? [[String: Any]]
        #expect(subscriptions?.first?["present"] as? Int == 1 && subscriptions?.first?["expired"] as? Int == 1)
        #expect(try await site.get("/status", ["-I"]).body.isEmpty)
        #expect(answer.head.contains(/[Dd]ate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT/))
    }

    @Test func metrics() async throws {
        let answer = try await site.get("/metrics")
        #expect(answer.status == 200 && answer.head.contains("text/plain; version=0.0.4"))
        for line in [
            "# TYPE ldr_files gauge", "ldr_files{site=\"cit\"} 5",
            "ldr_subscription_wanted_files{site=\"cit\",subscription=\"all\u{e4}\"} 2",
            "ldr_subscription_files{site=\"cit\",state=\"present\",subscription=\"all\u{e4}\"} 1",
            "ldr_subscription_files{site=\"cit\",state=\"expired\",subscription=\"all\u{e4}\"} 1",
            "# TYPE ldr_source_transfers_total counter",
            "ldr_source_transfers_total{outcome=\"failed\",site=\"cit\",source=\"gsiftp://han:2811\\\"<b>\"} 1",
            "ldr_peer_failing{peer=\"han\",site=\"cit\"} 1",
        ] {
            #expect(answer.body.split(separator: "\n").contains { $0 == line }, "\(line) in \(answer.body)")
        }
        let lag = answer.body.split(separator: "\n").first { $0.hasPrefix("ldr_subscription_lag_seconds") }
        #expect(lag.flatMap { Double($0.split(separator: " ").last ?? "") } ?? 0 >= 60)
    }

    @Test func find() async throws {
        let names = try await site.get("/find?q=size+%3E%3D+12&show=names")
        #expect(names.status == 200)
        #expect(names.body.split(separator: "\n").first == #"{"lfn":"f2 <&\">"}"#)
        let some = try await site.get("/find?q=collection%20=%20'set'&sort=-size&offset=1&limit=2")
        let lines = some.body.split(separator: "\n")
        #expect(lines.count == 2 && lines.first?.contains("\"size\":13") == true)
        #expect(lines.first?.contains("\"runTag\":\"S5\"") == true)
        for (query, word) in [
            ("", "missing"), ("?q=size+%3E", "expected"), ("?q=size=1&limit=0", "limit"),
            ("?q=size=1&limit=10001", "limit"), ("?q=size=1&offset=-1", "offset"), ("?q=size=1&show=all", "show"),
            ("?q=size=1&q=size=2", "twice"), ("?q=%ff", "UTF-8"), ("?q=%4", "hexadecimal"), ("?q=size=1&x=y", "x"),
            ("?q=size=1&sort=size&offset=10001", "offset"),
        ] {
            let answer = try await site.get("/find" + query)
            #expect(answer.status == 400 && answer.body.contains(word), "\(query): \(answer.body)")
        }
    }

    @Test func page() async throws {
        let answer = try await site.get("/")
        #expect(answer.status == 200 && answer.head.contains("default-src 'none'"))
        #expect(answer.body.contains("<td>all\u{e4}</td>") && answer.body.contains("<td>han</td>"))
        // What others have named is no markup, and nothing is fetched from elsewhere.
        #expect(answer.body.contains("2811&quot;&lt;b&gt;") && !answer.body.contains("<b>"))
        #expect(!answer.body.contains("src=") && answer.body.components(separatedBy: "<svg").count == 3)
        #expect(answer.body.components(separatedBy: "<rect").count >= 3)
    }

    @Test func events() async throws {
        let log = EventLog(path: SitePlaces(site.configuration).events, site: "cit")
        log.write(Event(.wanted, "before"))
        let follower = try await site.follow()
        #expect(try await eventually { follower.output.hasPrefix(": ") })
        log.write([Event(.transferred, "now", bytes: 3), Event(.failed, "then", message: "a\nb")])
        #expect(try await eventually { follower.output.contains("then") })
        let events = follower.output.components(separatedBy: "\n\n").filter { $0.contains("\ndata: {") }
        #expect(events.count == 2 && events.first?.contains("\"transferred\"") == true)
        #expect(!follower.output.contains("before"))
    }

    /// What a client is told that has seen the event before.
    private func told(after id: String, until last: String) async throws -> [String] {
        let follower = try await site.follow(["-H", "Last-Event-ID: " + id])
        #expect(try await eventually { follower.output.contains(last) })
        return follower.output.matches(of: /"lfn":"([^"]*)"|event: (missed)/).map { String($0.1 ?? $0.2 ?? "") }
    }

    @Test func eventsGoOnWhereAClientWas() async throws {
        let path = SitePlaces(site.configuration).events
        let log = EventLog(path: path, site: "cit")
        let follower = try await site.follow()
        #expect(try await eventually { follower.output.hasPrefix(": ") })
        log.write(["a", "b", "c"].map { Event(.wanted, $0) })
        #expect(try await eventually { follower.output.contains("\"c\"") })
        let ids = follower.output.matches(of: /id: ([0-9-]+)/).map { String($0.1) }
        #expect(Set(ids).count == 3)
        let first = try #require(ids.first)
        #expect(try await told(after: first, until: "\"c\"") == ["b", "c"])
        // The log has been renamed meanwhile, as it is when it has grown large.
        #expect(rename(path, path + ".1") == 0)
        log.write(Event(.wanted, "d"))
        #expect(try await told(after: first, until: "\"d\"") == ["b", "c", "d"])
        #expect(try await eventually { follower.output.contains("\"d\"") })
        // Places that are none, and one that is gone.
        let middle = try #require(EventPosition(first))
        for bad in ["x", "1-1", "\(middle.inode)-\(middle.offset - 1)", "\(middle.inode)-99999999"] {
            #expect(try await told(after: bad, until: "missed") == ["missed"])
        }
    }

    @Test func clientsThatSayNothingAreLetGo() async throws {
        let site = try await ServedSite(idle: 0.3)
        let port = site.port
        // One that begins a request and does not end it, too.
        for start in ["", "GET /status HTTP/1.1\r\nX: "] {
            let client = try RawClient(port: port)
            try client.send(start)
            #expect(try client.receiveUntilClosed().isEmpty)
        }
    }

    @Test func furtherConnectionsWait() async throws {
        var clients = try (0..<WebLimits.connections).map { _ in try RawClient(port: site.port) }
        #expect(try await site.get("/status", ["-m", "1"]).status == 0)
        clients.removeAll()
        #expect(try await site.get("/status").status == 200)
    }

    /// However many connections have just been accepted: none of them is lost, which would end the process.
    @Test func stopsInTheMidstOfConnections() async throws {
        for _ in 0..<20 {
            let site = try await ServedSite()
            let clients = try (0..<20).map { _ in try RawClient(port: site.port) }
            for client in clients.prefix(10) { try client.send("GET /status HTTP/1.1\r\n\r\n") }
            try await site.stop()
            for client in clients { _ = try client.receiveUntilClosed() }
        }
    }

    @Test func followersAreLetGoWhenItStops() async throws {
        let follower = try await site.follow()
        #expect(try await eventually { follower.output.hasPrefix(": ") })
        try await site.stop()
        #expect(try await follower.end() == 0)
    }

    @Test func whatIsNotThere() async throws {
        #expect(try await site.get("/etc/passwd").status == 404)
        #expect(try await site.get("/status", ["-X", "POST", "-d", "x=1"]).status == 405)
        #expect(try await site.get("/status", ["-X", "DELETE"]).status == 405)
        let long = try await site.get("/find?q=" + String(repeating: "x", count: 100_000))
        #expect(long.status != 200)
        #expect(try await site.get("/status", ["-H", "X: " + String(repeating: "x", count: 100_000)]).status != 200)
        #expect(try await site.get("/status").status == 200)
    }
}

@Suite struct ServeValueTests {
    @Test func addresses() throws {
        func address(_ text: String) throws -> WebAddress? {
            try SiteFile.parse("site x\ndirectory /x\nhttp_listen \(text)\n", named: "x").httpListen
        }
        #expect(try address("8080") == WebAddress(host: "127.0.0.1", port: 8080))
        #expect(try address("0.0.0.0:80") == WebAddress(host: "0.0.0.0", port: 80))
        #expect(try address("[::1]:0") == WebAddress(host: "::1", port: 0))
        #expect(WebAddress(host: "::1", port: 0).authority(port: 9) == "[::1]:9")
        for bad in ["x", "1:2:3", ":80", "h:", "h:65536", "h:-1", "h:+1"] {
            #expect(throws: SiteFile.ParseError.self) { try address(bad) }
        }
    }

    @Test func placesAreBounded() {
        let places = Places(2)
        var taken = [places.take(), places.take(), places.take()]
        #expect(taken.map { $0 != nil } == [true, true, false])
        taken[0] = nil
        #expect(places.take() != nil)
    }

    @Test func activity() throws {
        let directory = try TemporaryDirectory()
        let work = try WorkStore(path: directory.file("work.db"))
        try work.file.connection.execute(
            """
            INSERT INTO want (lfn, size, subscriptions, queue, state, since) VALUES (x'61', 5, 1, 0, 3, 9000);
            INSERT INTO transfer (lfn, source, url, began, ended, bytes, failure) VALUES
                (x'61', 's', x'', 0, 9999, 1, NULL), (x'61', 's', x'', 0, 10000, 5, NULL),
                (x'62', 's', x'', 0, 10500, 7, NULL), (x'62', 's', x'', 0, 12999, 1, 'missing'),
                (x'61', 's', x'', 0, 13000, 5, NULL)
            """)
        let points = try work.activity(until: 12_500, span: 1_000, count: 3)
        #expect(points.map(\.time) == [10_000, 11_000, 12_000])
        #expect(points.map(\.bytes) == [12, 0, 1] && points.map(\.files) == [2, 0, 0])
        #expect(points.map(\.failures) == [0, 0, 1] && points.map(\.lagSeconds) == [1, nil, nil])
    }
}
