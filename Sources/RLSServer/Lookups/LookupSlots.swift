/// The look-ups of one connection that other threads make: whichever is made first, they are answered in order.
struct LookupSlots<Answer> {
    private var answers: [Answer?] = []
    /// The ticket of the first.
    private var firstTicket = 0

    /// - Parameter answer: where it is known already, and only waits its turn
    /// - Returns: a ticket to fill the place with
    @discardableResult
    mutating func append(_ answer: Answer? = nil) -> Int {
        answers.append(answer)
        return firstTicket + answers.count - 1
    }

    mutating func fill(_ ticket: Int, with answer: Answer) { answers[ticket - firstTicket] = answer }

    /// The answer of the first, when it is there.
    mutating func next() -> Answer? {
        guard let first = answers.first, let answer = first else { return nil }
        answers.removeFirst()
        firstTicket += 1
        return answer
    }
}
