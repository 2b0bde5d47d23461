//! Uploads: pictures for cards, and temporary media.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{DAY, TestMock};

fn logo() -> Vec<u8> {
    fixtures::image("logo.jpg").to_vec()
}

#[tokio::test]
async fn a_picture_for_a_card_gives_a_url() {
    let test = TestMock::start().await;
    let jpeg = test
        .upload("/cgi-bin/media/uploadimg", "logo.jpg", logo())
        .await;
    assert_snapshot!("uploadimg", jpeg.shown());

    let cover = fixtures::image("cover.png").to_vec();
    let png = test
        .upload("/cgi-bin/media/uploadimg", "cover.png", cover)
        .await;
    assert!(png.json()["url"].as_str().unwrap().contains("/mmbiz_png/"));
}

#[tokio::test]
async fn a_picture_is_shown_under_the_mock_and_outlives_its_ticket_and_its_world() {
    let test = TestMock::start().await;
    let url = test.image_url().await;
    let path = url.strip_prefix("http://mmbiz.qpic.cn").unwrap();
    let world = test.control("GET", "world", &Value::Null).await.json();
    test.control("POST", "reset", &Value::Null).await;
    assert_eq!(test.get(path).await.status, 404);

    test.control("PUT", "world", &world).await;
    test.mock.clock().advance(400 * DAY).unwrap();
    let name = path.split('/').nth(2).unwrap();
    for path in [
        path,
        &format!("{path}?wx_fmt=jpeg"),
        &format!("/mmbiz/{name}/0"),
    ] {
        let shown = test.get(path).await;
        assert_eq!(
            (shown.status, shown.content_type.as_str()),
            (200, "image/jpeg")
        );
        assert!(shown.body == logo(), "the bytes differ");
    }
    // WeChat's own paths are what is in the journal, and nothing else.
    assert!(test.mock.journal().of_path(path).is_empty());
}

#[tokio::test]
async fn a_temporary_file_comes_back_as_it_went_for_three_days() {
    let test = TestMock::start().await;
    let photo = fixtures::image("shop-front.jpg");
    let answer = test
        .upload(
            "/cgi-bin/media/upload?type=image",
            "店面.jpg",
            photo.to_vec(),
        )
        .await;
    assert_snapshot!("media_upload", answer.shown());

    let json = answer.json();
    let media_id = json["media_id"].as_str().unwrap();
    let path = format!("/cgi-bin/media/get?media_id={media_id}");
    let file = test.ask(&path).await;
    assert_eq!(
        (file.status, file.content_type.as_str()),
        (200, "image/jpeg")
    );
    assert!(file.body == photo, "the bytes differ");

    test.mock.clock().advance(3 * DAY).unwrap();
    let token = test.token_of("oa").await;
    let late = test.get(&format!("{path}&access_token={token}")).await;
    assert_snapshot!("media_expired", late.shown());
}

#[tokio::test]
async fn bytes_that_are_no_picture_are_refused() {
    let test = TestMock::start().await;
    let words = b"not a picture".to_vec();
    let mut shown = Vec::new();
    for (what, name, bytes) in [
        ("a text named like a picture", "logo.jpg", words.clone()),
        ("a text", "logo.txt", words),
        ("nothing", "logo.jpg", Vec::new()),
        (
            "a picture that is too large",
            "logo.jpg",
            [logo(), vec![0; 1024 * 1024]].concat(),
        ),
    ] {
        let answer = test.upload("/cgi-bin/media/uploadimg", name, bytes).await;
        shown.push(format!("# {what}\n{}", answer.shown()));
    }
    assert_snapshot!("uploadimg_refused", shown.join("\n"));
}

#[tokio::test]
async fn an_upload_has_a_known_type_and_its_bytes_fit_it() {
    let test = TestMock::start().await;
    let unknown = test
        .upload("/cgi-bin/media/upload?type=picture", "a.jpg", logo())
        .await;
    assert_snapshot!("media_type", unknown.shown());

    for (query, errcode) in [
        ("voice", 40005),
        ("video", 40005),
        ("thumb", 0),
        ("image", 0),
    ] {
        let path = format!("/cgi-bin/media/upload?type={query}");
        let answer = test.upload(&path, "a.jpg", logo()).await;
        assert_eq!(answer.errcode(), errcode, "{query}");
    }
}

#[tokio::test]
async fn a_media_id_belongs_to_one_account() {
    let test = TestMock::start().await;
    let answer = test
        .upload("/cgi-bin/media/upload?type=image", "a.jpg", logo())
        .await;
    let json = answer.json();
    let media_id = json["media_id"].as_str().unwrap();
    let token = test.token_of("mp").await;

    let path = format!("/cgi-bin/media/get?media_id={media_id}&access_token={token}");
    assert_eq!(test.get(&path).await.errcode(), 40007);
    assert_eq!(test.ask("/cgi-bin/media/get").await.errcode(), 41006);
}

#[tokio::test]
async fn a_video_is_answered_by_where_it_is() {
    let test = TestMock::start().await;
    let mp4 = b"\0\0\0\x20ftypisom and so on".to_vec();
    let uploaded = test
        .upload("/cgi-bin/media/upload?type=video", "a.mp4", mp4.clone())
        .await
        .json();
    let path = format!(
        "/cgi-bin/media/get?media_id={}",
        uploaded["media_id"].as_str().unwrap()
    );
    let answer = test.ask(&path).await;
    assert!(
        answer.text().contains(r"http:\/\/vweixinf.tc.qq.com\/"),
        "{}",
        answer.text()
    );
    let url = answer.json()["video_url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("http://vweixinf.tc.qq.com").unwrap();
    let video = test.get(path).await;
    assert_eq!(
        (video.content_type.as_str(), video.body),
        ("video/mp4", mp4)
    );

    test.mock.clock().advance(3 * DAY).unwrap();
    assert_eq!(test.get(path).await.status, 404);
}

#[tokio::test]
async fn a_refusal_of_an_upload_ends_with_a_hint_and_a_rid() {
    let test = TestMock::start().await;
    let large = [logo(), vec![0; 64 * 1024]].concat();
    test.control(
        "PATCH",
        "switches",
        &serde_json::json!({"oversized_media": "40006"}),
    )
    .await;
    let upload = "/cgi-bin/media/upload?type=thumb";
    for (errcode, answer) in [
        (41005, test.post_text(upload, "", "").await),
        (40006, test.upload(upload, "a.jpg", large).await),
        (40007, test.ask("/cgi-bin/media/get?media_id=x").await),
        (
            40137,
            test.upload("/cgi-bin/media/uploadimg", "a.png", b"words".to_vec())
                .await,
        ),
    ] {
        assert_eq!(answer.errcode(), errcode);
        let (hint, rid) = (answer.hint().unwrap(), answer.trace());
        assert_eq!(hint.len(), 14, "{hint}");
        let json = answer.json();
        let errmsg = json["errmsg"].as_str().unwrap();
        assert!(
            errmsg.ends_with(&format!(" hint: [{hint}] rid: {rid}")),
            "{errmsg}"
        );
        // Either finds the record.
        let by_hint = test.mock.journal().explain(&hint).unwrap();
        assert_eq!(
            by_hint["id"],
            test.mock.journal().explain(&rid).unwrap()["id"]
        );
        assert_eq!(by_hint["errcode"], errcode);
    }
    // What the gateway refuses has a rid alone.
    let early = test.get("/cgi-bin/media/get?media_id=x").await;
    assert_eq!((early.errcode(), early.hint()), (41001, None));
}

#[tokio::test]
async fn the_name_of_a_file_says_what_it_is() {
    let test = TestMock::start().await;
    let amr = || b"#!AMR\n and so on".to_vec();
    let mp4 = || b"\0\0\0\x20ftypisom and so on".to_vec();
    let heic = || b"\0\0\0\x20ftypheic and so on".to_vec();
    for (kind, name, bytes, errcode) in [
        ("image", "phpAbCdEf", logo(), 40005),
        ("image", "a.tmp", logo(), 40005),
        ("image", "jpg", logo(), 40005),
        ("image", "a.", logo(), 40005),
        ("image", "a.jpg.bak", logo(), 40005),
        ("image", "a.webp", logo(), 40005),
        ("image", "a.mp3", logo(), 40005),
        ("thumb", "a", logo(), 40005),
        ("voice", "a", amr(), 40005),
        ("voice", "a.jpg", amr(), 40005),
        ("video", "a.mov", mp4(), 40005),
        ("image", "a.JPG", logo(), 0),
        ("image", "店.面.jpeg", logo(), 0),
        // A picture is a picture under the name of another kind of picture.
        ("image", "a.png", logo(), 0),
        ("voice", "a.amr", amr(), 0),
        ("video", "a.MP4", mp4(), 0),
        ("image", "a.png", heic(), 40005),
    ] {
        let path = format!("/cgi-bin/media/upload?type={kind}");
        let answer = test.upload(&path, name, bytes).await;
        assert_eq!(answer.errcode(), errcode, "{kind} {name}");
    }
    for (name, errcode) in [("phpAbCdEf", 40113), ("a.tmp", 40113), ("a.png", 0)] {
        let answer = test.upload("/cgi-bin/media/uploadimg", name, logo()).await;
        assert_eq!(answer.errcode(), errcode, "{name}");
    }
    let webp = b"RIFF\x10\0\0\0WEBPVP8 ".to_vec();
    let answer = test.upload("/cgi-bin/media/uploadimg", "a.png", webp).await;
    assert_eq!(answer.errcode(), 40137);
}
