import HTTPTypes
import HummingbirdCore
import LDR
import Logging
import RLSStorage

/// Answers what is asked of a site over HTTP. Nothing can be changed.
struct SiteResponder: Sendable {
    private let status: Remembered<SiteStatus>
    private let activity: Remembered<[ActivityPoint]>
    private let find: FindService
    private let events: EventService
    private let logger: Logger

    init(_ site: SiteConfiguration, logger: Logger, stopSign: StopSign) {
        let places = SitePlaces(site)
        status = Remembered(for: .seconds(1)) {
            try SiteStatus(
                site.site, work: try WorkStore(path: places.work),
                metadata: try MetadataStore(of: site),
                bandwidth: site.transfer.bandwidth, at: WorkStore.now)
        }
        activity = Remembered(for: .seconds(60)) {
            try WorkStore(path: places.work).activity(
                until: WorkStore.now, span: StatusPage.span, count: StatusPage.spans)
        }
        find = FindService(site)
        events = EventService(path: places.events, stopSign: stopSign)
        self.logger = logger
    }

    func respond(to request: Request) async -> Response {
        do {
            guard request.method == .get || request.method == .head else {
                throw WebError(.methodNotAllowed, "only GET is answered")
            }
            let response = try await answer(request)
            return request.method == .head ? response.createHeadResponse() : response
        } catch let error as WebError {
            return WebAnswer.refusal(error)
        } catch {
            // The cause may name places of this machine.
            logger.error("request failed", metadata: ["path": "\(request.uri.path)", "cause": "\(error)"])
            return WebAnswer.refusal(WebError(.internalServerError, "this failed: see the log of `ldr serve`"))
        }
    }

    private func answer(_ request: Request) async throws -> Response {
        switch request.uri.path {
        case "/":
            let page = StatusPage.html(try await status.value(), try await activity.value(), at: WorkStore.now)
            return WebAnswer.text(page, "text/html; charset=utf-8")
        case "/status":
            return WebAnswer.text(JSONText.line(try await status.value()) + "\n", "application/json; charset=utf-8")
        case "/metrics":
            let text = MetricsText.of(try await status.value(), at: WorkStore.now)
            return WebAnswer.text(text, "text/plain; version=0.0.4; charset=utf-8")
        case "/find": return try await find.answer(request.uri.query)
        case "/events": return try events.answer(after: EventService.lastSeen(request.headers))
        default: throw WebError(.notFound, "there are /, /status, /metrics, /find and /events")
        }
    }
}
