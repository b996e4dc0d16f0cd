import { listenForNews, type News, type NewsListener } from './news.js';

/** The news, for all of a process that want them, on one connection. */
export interface NewsFeed {
  /** @returns what ends it */
  subscribe(onNews: (news: News) => void): () => void;
  close(): Promise<void>;
}

/** Connects when the first one wants news, and stays connected. */
export function openNewsFeed(url: string, onError: (error: Error) => void): NewsFeed {
  const subscribers = new Set<(news: News) => void>();
  let listener: NewsListener | undefined;
  const tell = (news: News) => {
    for (const onNews of subscribers) onNews(news);
  };
  return {
    subscribe(onNews) {
      subscribers.add(onNews);
      listener ??= listenForNews(url, tell, onError);
      return () => void subscribers.delete(onNews);
    },
    async close() {
      subscribers.clear();
      await listener?.close();
    },
  };
}
