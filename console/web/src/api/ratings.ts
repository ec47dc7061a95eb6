/** How a conversation was, as `console/api/shapes/talk.py` has it. */

export interface RatingView {
  scale: "like" | "five" | null
  asked_at: string | null
  score: number | null
  comment: string
  rated_at: string | null
  supervisor_id: string | null
  supervisor_score: number | null
  supervisor_comment: string
  answers: AnswerView[]
}

export interface AnswerView {
  key: string
  question: string
  value: boolean | number | string
}

export interface Score {
  score: number
  comment: string
}
